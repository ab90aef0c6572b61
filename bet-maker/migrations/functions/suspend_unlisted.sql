-- After a feed sync from the beginning has read everything: suspends the events that are no longer
-- in the line because it was restored from a backup. These are the events at or below its base, and
-- those that the sync did not list and nothing else has brought since it began. Looks at the next
-- chunk_size events beyond one and returns the last, or null when there are no more.
-- Suspends nothing once another sync was stored, nor when bet_db itself was restored under a sync
-- that goes on: what such a sync has listed, it has listed in another database.
create or replace function suspend_unlisted(
  the_sync bigint, began_at timestamptz, after_event text, chunk_size integer
) returns text language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  last_event text;
begin
  with looked as materialized (
    select event_id from line_events
    where event_id > after_event collate "C" order by event_id limit chunk_size
  ), position as materialized (
    select version_base from feed_position where singleton and pass = the_sync
  ), unlisted as (
    select e.event_id from position p, looked l join line_events e on e.event_id = l.event_id
    where (e.version <= p.version_base
           or ((e.listed_at is null or e.listed_at < began_at) and e.applied_at < began_at))
      and e.state = 'NEW' and not e.suspended
    for update of e
  ), suspended as (
    update line_events e set suspended = true from unlisted u where e.event_id = u.event_id
  )
  select max(event_id) into last_event from looked;
  return last_event;
end $$;
