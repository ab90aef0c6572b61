-- Renames :running to :replaced (kept, read-only) and :restored to :running, in one transaction, so
-- a database named :running exists at all times. Prints how many milliseconds it was closed.
select set_config('restoring.mark', :'mark', false),
       set_config('restoring.restored', :'restored', false) \g /dev/null
do $$
begin
  -- Another run may have dropped the prepared database as a leftover and started over under the
  -- same name.
  if (select shobj_description(oid, 'pg_database') from pg_database
      where datname = current_setting('restoring.restored'))
     is distinct from current_setting('restoring.mark') then
    raise '% was not prepared by this run. Is another restore running?',
      current_setting('restoring.restored');
  end if;
end $$;
select pg_terminate_backend(pid)
from pg_stat_activity where datname in (:'running', :'restored') \g /dev/null

begin;
alter database :"running" rename to :"replaced";
alter database :"replaced" allow_connections true;
alter database :"replaced" set default_transaction_read_only = on;
alter database :"restored" rename to :"running";
commit;

select floor(extract(epoch from clock_timestamp()) * 1000) - :closed_at_ms;
