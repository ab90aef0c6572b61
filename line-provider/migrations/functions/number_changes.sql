-- Gives the unnumbered events the next numbers of the feed, at most 10,000 a call; returns how
-- many.
-- The feed's row is locked until the commit, so numbers appear in the order of commits, and a
-- reader that has seen number n has missed nothing below it. With a sequence alone, a number drawn
-- early can commit late.
create or replace function number_changes() returns bigint language plpgsql volatile
security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
-- The due events are read in the order of their index. Where statistics say that none is due, as
-- they do before a restore, collecting and sorting all of them at each call looks as cheap.
set enable_sort = off as $$
declare
  base bigint;
  numbered bigint;
begin
  if not exists (select from events where seq is null) then return 0; end if;
  -- The next statement has a newer snapshot than this lock: it sees what another numbering did
  -- meanwhile.
  select last_seq into base from feed for update;
  with due as (
    select * from events where seq is null
    order by event_id limit 10000 for update
  ), given as (
    -- Each event is found by its key. A join could read the whole table, where statistics say that
    -- it is small or that much of it is due.
    insert into events as e
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at, seq)
    select event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at,
           base + row_number() over (order by changed_at, event_id)
    from due
    on conflict (event_id) do update set seq = excluded.seq
    returning 1
  )
  select count(*) into numbered from given;
  update feed set last_seq = base + numbered;
  return numbered;
end $$;
