-- Takes events into the copy of the line, each only if its version is higher than the one known. A change of state is
-- logged and is owed to the bets (settled_version < state_version). Returns the events taken in.
-- changes: a JSON array of {event_id, coefficient_hundredths, deadline, state, suspended, version, reason}.
create function apply_line_events(changes text)
returns table (event_id text, version bigint, owed boolean) language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
begin
  return query
  with incoming as (
    select distinct on (c.event_id collate "C") c.*
    from json_to_recordset(changes::json) as c (
      event_id text, coefficient_hundredths integer, deadline bigint, state text,
      suspended boolean, version bigint, reason text
    )
    order by c.event_id collate "C", c.version desc
  ), applied as (
    insert into line_events as known
      (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
       state_version, settled_version, applied_at)
    select i.event_id, i.coefficient_hundredths, i.deadline, i.state, i.suspended, i.version, i.reason,
           i.version, i.version, moment
    from incoming i
    order by i.event_id collate "C"
    on conflict (event_id) do update set
      coefficient_hundredths = excluded.coefficient_hundredths,
      deadline = excluded.deadline,
      state = excluded.state,
      suspended = excluded.suspended,
      version = excluded.version,
      reason = excluded.reason,
      state_version = case when known.state <> excluded.state then excluded.version else known.state_version end,
      applied_at = excluded.applied_at
    where known.version < excluded.version
    returning known.event_id, known.version, known.state, known.reason,
              known.version = known.state_version and known.settled_version < known.state_version as state_changed
  ), logged as (
    insert into state_changes (event_id, version, state, reason, at)
    select a.event_id, a.version, a.state, a.reason, moment from applied a where a.state_changed
  )
  select a.event_id, a.version, a.state_changed from applied a;
end $$;
--> statement-breakpoint
-- Marks the events that a pass from the feed's beginning has listed with the time when it began. Of several passes at
-- once the mark of the latest stays: what that one lists, each of them may count as listed.
create function mark_listed(began_at timestamptz, event_ids text) returns void language sql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
  with listed as (
    select e.event_id
    from (select value as event_id from json_array_elements_text(event_ids::json)) given
    cross join lateral (
      select event_id from line_events where line_events.event_id = given.event_id collate "C" limit 1
    ) e
    order by e.event_id
  ), locked as (
    select e.event_id from listed l join line_events e on e.event_id = l.event_id
    where e.listed_at is null or e.listed_at < began_at for update of e
  )
  update line_events e set listed_at = began_at from locked l where e.event_id = l.event_id;
$$;
--> statement-breakpoint
-- After a pass from the beginning has read everything: events that it did not list, and that nothing else has brought
-- since it began, are not in the line any more (it was restored from a backup). They are suspended, so that nobody
-- bets on them. Looks at the next chunk_size events beyond one and returns the last, null when there are no more.
create function suspend_unlisted(began_at timestamptz, after_event text, chunk_size integer)
returns text language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  last_event text;
begin
  with looked as materialized (
    select event_id from line_events where event_id > after_event collate "C" order by event_id limit chunk_size
  ), unlisted as (
    select e.event_id from looked l join line_events e on e.event_id = l.event_id
    where (e.listed_at is null or e.listed_at < began_at) and e.applied_at < began_at
      and e.state = 'NEW' and not e.suspended
    for update of e
  ), suspended as (
    update line_events e set suspended = true from unlisted u where e.event_id = u.event_id
  )
  select max(event_id) into last_event from looked;
  return last_event;
end $$;
