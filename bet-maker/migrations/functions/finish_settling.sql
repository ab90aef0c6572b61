-- Notes the events as settled up to the version that was read before the placements were awaited.
-- One whose state has changed since stays owed, and so does one that was read in another database
-- than this: its bets here were not looked at.
-- events: a JSON array of {event_id, state_version, database}. Returns those noted.
create or replace function finish_settling(events text) returns table (event_id text)
language plpgsql volatile
security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  here bigint := this_database();
begin
  return query
  with given as (
    select e.event_id, e.state_version
    from json_to_recordset(events::json) as e (
      event_id text, state_version bigint, database bigint
    )
    where e.database = here
  ), locked as (
    select le.event_id, g.state_version
    from (select * from given order by event_id collate "C") g
    join line_events le on le.event_id = g.event_id collate "C"
    where le.state_version = g.state_version and le.settled_version < g.state_version
    for update of le
  )
  update line_events le set settled_version = l.state_version
  from locked l where le.event_id = l.event_id
  returning le.event_id;
end $$;
