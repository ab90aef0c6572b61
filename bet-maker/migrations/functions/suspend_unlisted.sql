-- After a feed sync from the beginning has read everything: suspends the events that are no longer
-- in the line because it was restored from a backup. These are the events at or below its base, and
-- those that the sync did not list and nothing else has brought since it began. Looks at the next
-- chunk_size events beyond one and returns the last, or null when there are no more.
-- Suspends nothing once another sync was stored, nor when bet_db itself was restored under a sync
-- that goes on: what such a sync has listed, it has listed in another database.
-- The chunk is one range of the key, updated in its order, which is also the order in which rows
-- are locked. (A join of the chunk with line_events compared every row of one with every row of the
-- other while the table had no statistics: 12,000 events took 8 s.)
create or replace function suspend_unlisted(
  the_sync bigint, began_at timestamptz, after_event text, chunk_size integer
) returns text language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  last_event text;
begin
  select max(event_id) into last_event from (
    select event_id from line_events
    where event_id > after_event collate "C" order by event_id limit chunk_size
  ) looked;

  with position as materialized (
    select version_base from feed_position where singleton and pass = the_sync
  )
  update line_events e set suspended = true from position p
  where e.event_id > after_event collate "C" and e.event_id <= last_event collate "C"
    and (e.version <= p.version_base
         or ((e.listed_at is null or e.listed_at < began_at) and e.applied_at < began_at))
    and e.state = 'NEW' and not e.suspended;
  return last_event;
end $$;
