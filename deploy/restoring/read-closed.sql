-- Run by the owner in the running database. Has the superuser close it, by the command :closing and
-- the statements :close, which print the time of closing. Then prints what can no longer change:
-- the highest version or the last bet, the last feed sync, the last transfer and the last entry of
-- the ledger. Nobody can enter a closed database, so this session is there before.
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
  select greatest(version_base, (select max(version) from events)), 0, 0, 0 from feed;
\elif :is_bets
  -- An older schema has neither transfers nor entries.
  select (select last_value from bets_id_seq), pass,
         coalesce(max(last_value) filter (where sequencename = 'transfers_id_seq'), 0),
         coalesce(max(last_value) filter (where sequencename = 'ledger_entries_id_seq'), 0)
  from feed_position cross join pg_sequences where schemaname = 'public' group by pass;
\else
  select 0, 0, 0, 0;
\endif
