-- Brings over a database that was made by the eight migrations which 0000_tables has replaced. Run
-- before the migrations, each time: it does nothing to any other database. It adds the constraints
-- that those tables lacked, and then has drizzle's journal say that 0000_tables was applied. Their
-- old functions are replaced or dropped right afterwards, as ever (functions/).
--
-- Everything up to the journal may be repeated: a run that was refused or stopped halfway leaves a
-- database on which processes of the version before work, and the next run brings it over.
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
  -- line_events first: the functions lock the tables in this order, so nobody deadlocks with them.
  rules constant text[] := array[
    ['line_events', 'line_events_state',
     $r$state in ('NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED')$r$],
    ['line_events', 'line_events_coefficient',
     'coefficient_hundredths between 100 and 9999999'],
    ['bets', 'bets_sum', 'sum_cents > 0'],
    ['bets', 'bets_coefficient', 'coefficient_hundredths >= 100'],
    ['bets', 'bets_state', $r$state in ('PENDING', 'WIN', 'LOSE', 'VOID')$r$],
    ['bets', 'bets_settled', $r$(state = 'PENDING') = (payout_cents is null)
                             and (state = 'PENDING') = (settled_at is null)$r$]];
  tries constant integer := 20;
  applied text[];
  rule text[];
  violations bigint;
begin
  if to_regclass('drizzle.__drizzle_migrations') is null then return; end if;
  select array_agg(hash order by created_at) into applied from drizzle.__drizzle_migrations;
  if applied[1] is distinct from old[1] then return; end if;
  if applied <> old then
    raise exception using message = format(
      'bet_db has %s of the %s migrations of the version before. '
      'Migrate it with that version first, then with this one.',
      cardinality(applied), cardinality(old));
  end if;

  foreach rule slice 1 in array rules loop
    execute format('select count(*) from %I where not (%s)', rule[1], rule[3]) into violations;
    if violations > 0 then
      raise exception using message = format(
        'bet_db was not changed: %s has rows that violate %s (%s): %s. '
        'Correct them, then migrate again.',
        rule[1], rule[2], regexp_replace(rule[3], '\s+', ' ', 'g'), violations);
    end if;
  end loop;
  commit;

  -- Whoever waits for a table holds up everybody who comes later, so each try gives up soon.
  for try in 1..tries loop
    begin
      set local lock_timeout = '100ms';
      foreach rule slice 1 in array rules loop
        execute format(
          'alter table %I drop constraint if exists %I, add constraint %2$I check (%s) not valid',
          rule[1], rule[2], rule[3]);
      end loop;
      exit;
    exception when lock_not_available then
      if try = tries then
        raise exception using message =
          'bet_db was not changed: somebody else, such as a backup or a vacuum, keeps its tables '
          'locked. Migrate again when that has ended.';
      end if;
      perform pg_sleep(0.2);
    end;
  end loop;
  commit;

  -- By transactions of their own: they read whole tables, and bets go on being placed meanwhile.
  foreach rule slice 1 in array rules loop
    execute format('alter table %I validate constraint %I', rule[1], rule[2]);
    commit;
  end loop;

  delete from drizzle.__drizzle_migrations;
  insert into drizzle.__drizzle_migrations (hash, created_at) values
    ('16f059ed0d3279b4da42ee8d549c989ef82e39c0d6288448520f405504c2d32b', 1795813795382);
end $$;
