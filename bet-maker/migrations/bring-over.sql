-- Brings over a database that was made by the eight migrations which 0000_tables has replaced. Run
-- before the migrations, each time: it does nothing to any other database. It changes what those
-- tables had otherwise, and has drizzle's journal say that 0000_tables was applied. Their old
-- functions are replaced or dropped right afterwards, as ever (functions/).
--
-- A process of the version before goes on: it places and settles, and answers repeats of a key.
-- What it does not know is `sync_number`, so a worker of that version no longer syncs the feed, and
-- 20 s later no bet is taken until a new worker has. A bet that an old API refuses is answered 503.
--
-- This is the last version with this file.
do $$
declare
  old constant text[] := '{
    5652b14990f98832925487ea18d34ac82f686325f7dc7c8aa4844c02b1cc5255,
    229072fb7495aa2b4b1a4b2a6cea29780cc40de594316fcdd43fed4c03e84585,
    51852e509624412b3c8dd14b39624fe597bd6c06e3d24915e725d800c6e04ed7,
    fcddce74d2e3631b58ef1f5c4d924feda9f4e649b2a02b09a73ace9154c7b496,
    61657db864e0ca4327ca1e79964eed6fe837b777017c11fb5c7c9ac551d7e196,
    7e5010f3af5f8996ccc0ed0a3ce4b39b9c9facb125680ed26278dc4cfa43b03f,
    0ff0bc97f20b85ee13d203288de748c6df4dee2ec6e6105e29f093032b559814,
    5e792f999858b5475c9be885d354d3fa109164be144829a704b8160345fe2302}';
  applied text[];
  added record;
begin
  if to_regclass('drizzle.__drizzle_migrations') is null then return; end if;
  select array_agg(hash order by created_at) into applied from drizzle.__drizzle_migrations;

  if applied[1] = old[1] then
    if applied <> old then
      raise exception using message = format(
        'bet_db has %s of the %s migrations of the version before. '
        'Migrate it with that version first, then with this one.',
        cardinality(applied), cardinality(old));
    end if;
    alter table feed_position rename column pass to sync_number;
    alter table line_events
      add constraint line_events_state
        check (state in ('NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED')) not valid,
      add constraint line_events_coefficient
        check (coefficient_hundredths between 100 and 9999999) not valid;
    alter table bets
      add constraint bets_sum check (sum_cents > 0) not valid,
      add constraint bets_coefficient check (coefficient_hundredths >= 100) not valid,
      add constraint bets_state check (state in ('PENDING', 'WIN', 'LOSE', 'VOID')) not valid,
      add constraint bets_settled check (
        (state = 'PENDING') = (payout_cents is null) and (state = 'PENDING') = (settled_at is null)
      ) not valid;
    delete from drizzle.__drizzle_migrations;
    insert into drizzle.__drizzle_migrations (hash, created_at) values
      ('51d6b0869a68504b4a2625d445e08f0dd214b5cec1ca69e71acba074a141eccf', 1795813795382);
    commit;
  end if;

  -- By transactions of their own: they read whole tables, and bets go on being placed meanwhile.
  for added in
    select conrelid::regclass as of_table, conname from pg_constraint
    where connamespace = 'public'::regnamespace and not convalidated
  loop
    execute format('alter table %s validate constraint %I', added.of_table, added.conname);
    commit;
  end loop;
end $$;
