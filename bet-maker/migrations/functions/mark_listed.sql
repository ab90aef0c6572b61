-- Marks the events that a feed sync from the beginning has listed with the time when it began. Of
-- several syncs at once the mark of the latest stays: what that one lists, each of them may count
-- as listed.
create or replace function mark_listed(began_at timestamptz, event_ids text) returns void
language sql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
  with listed as (
    select e.event_id
    from (select value as event_id from json_array_elements_text(event_ids::json)) given
    cross join lateral (
      select event_id from line_events
      where line_events.event_id = given.event_id collate "C" limit 1
    ) e
    order by e.event_id
  ), locked as (
    select e.event_id from listed l join line_events e on e.event_id = l.event_id
    where e.listed_at is null or e.listed_at < began_at for update of e
  )
  update line_events e set listed_at = began_at from locked l where e.event_id = l.event_id;
$$;
