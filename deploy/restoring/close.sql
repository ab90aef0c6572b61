-- Run by the superuser in `postgres`: closes :running, terminates all its sessions but :session,
-- and prints the time of closing (Unix milliseconds).
alter database :"running" allow_connections false;
select set_config('restoring.running', :'running', false),
       set_config('restoring.session', :'session', false) \g /dev/null
do $$
declare
  running constant text := current_setting('restoring.running');
  session constant integer := current_setting('restoring.session')::integer;
begin
  for attempt in 1..100 loop
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(pid) from pg_stat_activity
    where datname = running and pid <> session;
    perform pg_stat_clear_snapshot();
    if not exists (select from pg_stat_activity where datname = running
                   and pid <> session and backend_type = 'client backend') then
      return;
    end if;
    perform pg_sleep(0.05);
  end loop;
  raise 'some sessions in % did not end', running;
end $$;
select floor(extract(epoch from clock_timestamp()) * 1000);
