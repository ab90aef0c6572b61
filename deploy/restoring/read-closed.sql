-- Run by the owner in the running database. Has the superuser close it, by the command :closing and
-- the statements :close, which print the time of closing. Then prints the highest version or the
-- last id, and the last feed sync, which can no longer change. Nobody can enter a closed database,
-- so this session is there before.
\setenv CLOSING :closing
\setenv CLOSE :close
\setenv RUNNING :running
select pg_backend_pid() as session
\gset
\setenv SESSION :session
\! eval "$CLOSING"

select to_regclass('public.events') is not null as is_line,
       to_regclass('public.bets') is not null as is_bets
\gset
\if :is_line
  select greatest(version_base, (select max(version) from events)), 0 from feed;
\elif :is_bets
  select (select last_value from bets_id_seq), pass from feed_position;
\else
  select 0, 0;
\endif
