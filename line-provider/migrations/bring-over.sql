-- Brings over a database that was made by the five migrations which 0000_tables has replaced. Run
-- before the migrations, each time: it does nothing to any other database. The tables are as they
-- were, so only drizzle's journal changes: it says that 0000_tables was applied. The old functions
-- are replaced right afterwards, as ever (functions/). Processes of the version before go on.
--
-- This is the last version with this file.
do $$
declare
  old constant text[] := '{
    dc1c9db18ea8b1cb4515a95d1d1a0c37b1a7815ee0df6ce8cf0af9183621c92d,
    0e0195dcf3c8e10f5357ce181c9bfd0956b44b7e741a410b289333c681e547ff,
    14926753c6d317d8dc35adf25274195969e07051af284004c8c5efbf8948560a,
    ec7ba07c686e670e94ba57b4018227f19bd4cc50e2cc607ecea8c5ea25b37fb1,
    39cf9d1158b53372182efeb53f493973c6bc3b60004eeea78ca0f44689dad7da}';
  applied text[];
begin
  if to_regclass('drizzle.__drizzle_migrations') is null then return; end if;
  select array_agg(hash order by created_at) into applied from drizzle.__drizzle_migrations;
  if applied[1] is distinct from old[1] then return; end if;
  if applied <> old then
    raise exception using message = format(
      'line_db has %s of the %s migrations of the version before. '
      'Migrate it with that version first, then with this one.',
      cardinality(applied), cardinality(old));
  end if;
  delete from drizzle.__drizzle_migrations;
  insert into drizzle.__drizzle_migrations (hash, created_at) values
    ('11924c569e6a257a1b1d954ed1f9bb57513faa37371187071a85fe18477484eb', 1795813797687);
end $$;
