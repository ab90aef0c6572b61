-- Takes in events that the copy does not know and leaves the others as they are. The API calls it
-- for a bet on an event that the worker has not heard of: whoever has the API's login must not be
-- able to end an event or to change its coefficient.
-- changes, result: as for apply_line_events.
-- The lock holds up apply_line_events for that moment, so that an event which is unknown here is
-- still unknown there.
create or replace function learn_events(changes text)
returns table (event_id text, version bigint, owed boolean, outcome text, end_unknown boolean)
language plpgsql volatile
security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  unknown json;
begin
  perform pg_advisory_xact_lock(version_base_lock());
  -- After the lock, with a snapshot of its own.
  select json_agg(change) into unknown
  from json_array_elements(changes::json) change
  left join lateral (
    select le.version from line_events le
    where le.event_id = change ->> 'event_id' collate "C" limit 1
  ) known on true
  where known.version is null;
  return query select * from apply_line_events(coalesce(unknown, '[]')::text);
end $$;
