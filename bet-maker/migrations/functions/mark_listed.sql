-- Marks the events that a feed sync from the beginning has listed with the time when it began. Of
-- several syncs at once the mark of the latest stays: what that one lists, each of them may count
-- as listed.
create or replace function mark_listed(began_at timestamptz, event_ids text) returns void
language sql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
  -- All of these events are known: `on conflict` looks each of them up by its key.
  insert into line_events as e
  select known.*
  from (select distinct value as event_id from json_array_elements_text(event_ids::json)) given
  cross join lateral (
    select * from line_events
    where line_events.event_id = given.event_id collate "C" limit 1
  ) known
  order by known.event_id
  on conflict (event_id) do update set listed_at = began_at
  where e.listed_at is null or e.listed_at < began_at;
$$;
