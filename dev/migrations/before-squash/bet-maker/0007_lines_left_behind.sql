-- A line that was restored from a backup counts its versions from a higher base, above everything that the line before it
-- ever said. What is said at or below the base is of a line that is gone: a message that was still in the broker, a page
-- or an answer that somebody had read and not yet applied. However late it comes, it must not bring back an event that
-- the restored line does not have: nobody would suspend it again, and bets would be taken on it.
alter table feed_position add column version_base bigint not null default 0;
--> statement-breakpoint
-- The advisory lock L lets the base rise only when every statement that judged by the old one has committed.
create function lock_l() returns bigint language sql immutable parallel safe as 'select 5202402::bigint';
--> statement-breakpoint
-- Takes events into the copy of the line, each only if its version is higher than the one known and than the line's base.
-- A change of state is logged and is owed to the bets (settled_version < state_version). Returns the events taken in.
-- changes: a JSON array of {event_id, coefficient_hundredths, deadline, state, suspended, version, reason}.
create or replace function apply_line_events(changes text)
returns table (event_id text, version bigint, owed boolean) language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  base bigint;
begin
  perform pg_advisory_xact_lock_shared(lock_l());
  -- After the lock, with a snapshot of its own.
  select version_base into base from feed_position where singleton;
  return query
  with incoming as (
    select distinct on (c.event_id collate "C") c.*
    from json_to_recordset(changes::json) as c (
      event_id text, coefficient_hundredths integer, deadline bigint, state text,
      suspended boolean, version bigint, reason text
    )
    where c.version > base
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
-- From now on nothing is taken in at or below this version. Returns when everything that was judged by a lower base has
-- committed.
create function raise_version_base(base bigint) returns void language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(lock_l());
  update feed_position set version_base = base where singleton and version_base < base;
end $$;
--> statement-breakpoint
-- After a pass from the beginning has read everything: suspends the events that are not in the line any more, because it
-- was restored from a backup: those at or below its base, and those that the pass did not list and nothing else has
-- brought since it began. Looks at the next chunk_size events beyond one and returns the last, null when there are no more.
-- Nothing is suspended once another pass was stored, or when bet_db itself was restored under a pass that goes on: what
-- such a pass has listed it has listed elsewhere. A worker that still runs and asks the function that did not know of this
-- is refused, and its pass stays unfinished.
drop function suspend_unlisted(timestamptz, text, integer);
--> statement-breakpoint
create function suspend_unlisted(the_pass bigint, began_at timestamptz, after_event text, chunk_size integer)
returns text language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  last_event text;
begin
  with looked as materialized (
    select event_id from line_events where event_id > after_event collate "C" order by event_id limit chunk_size
  ), position as materialized (
    select version_base from feed_position where singleton and pass = the_pass
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
--> statement-breakpoint
-- Which database this is: one that was restored in its place is another, whatever its name.
create function this_database() returns bigint language sql stable parallel safe as
'select oid::bigint from pg_database where datname = current_database()';
--> statement-breakpoint
-- Notes the events as settled up to the version that was read before the placements were awaited; one whose state has
-- changed since stays owed, and so does one that was read in another database than this: its bets here were not looked
-- at. events: a JSON array of {event_id, state_version, database}; workers that still run name no database.
-- Returns those noted.
create or replace function finish_settling(events text) returns table (event_id text) language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  here bigint := this_database();
begin
  return query
  with given as (
    select e.event_id, e.state_version
    from json_to_recordset(events::json) as e (event_id text, state_version bigint, database bigint)
    where coalesce(e.database, here) = here
  ), locked as (
    select le.event_id, g.state_version
    from (select * from given order by event_id collate "C") g
    join line_events le on le.event_id = g.event_id collate "C"
    where le.state_version = g.state_version and le.settled_version < g.state_version
    for update of le
  )
  update line_events le set settled_version = l.state_version from locked l where le.event_id = l.event_id
  returning le.event_id;
end $$;
