-- Closes the running database, terminates all other sessions in it, and prints the time of closing
-- (Unix milliseconds), the highest version or the last id, and the last feed sync, which can no
-- longer change. A database cannot be closed from within, hence the second session.
\set statement 'alter database ' :running ' allow_connections false'
\setenv STATEMENT :statement
\! psql --no-psqlrc --quiet --dbname postgres --command "$STATEMENT"

do $$
begin
  if (select datallowconn from pg_database where datname = current_database()) then
    raise '% could not be closed', current_database();
  end if;
  for attempt in 1..100 loop
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
    perform pg_stat_clear_snapshot();
    if not exists (select from pg_stat_activity where datname = current_database()
                   and pid <> pg_backend_pid() and backend_type = 'client backend') then
      return;
    end if;
    perform pg_sleep(0.05);
  end loop;
      raise 'some sessions in % did not end', current_database();
end $$;

select floor(extract(epoch from clock_timestamp()) * 1000) as closed_at_ms,
       to_regclass('public.events') is not null as is_line,
       to_regclass('public.bets') is not null as is_bets
\gset
\if :is_line
  select :closed_at_ms, greatest(version_base, (select max(version) from events)), 0 from feed;
\elif :is_bets
  select :closed_at_ms, (select last_value from bets_id_seq), pass from feed_position;
\else
  select :closed_at_ms, 0, 0;
\endif
