-- Waits until every placement that began before has committed, and holds up later ones for no longer than that.
-- Gives up after 100 ms (SQLSTATE 55P03), because new placements queue behind a waiting exclusive lock.
create function await_placements() returns void language sql volatile
set lock_timeout = '100ms' as 'select pg_advisory_xact_lock(lock_s())';
--> statement-breakpoint
-- Ends the backends that have kept await_placements waiting for longer than `min_ms`; returns who they were.
create function terminate_stuck_placements(min_ms integer)
returns table (pid integer, client_addr text, application_name text, running_ms bigint)
language sql volatile as $$
  -- Materialized: as a mere condition, terminating could be tried before the join says whom it concerns.
  with stuck as materialized (
    select a.pid, host(a.client_addr) as client_addr, a.application_name,
           (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint as running_ms
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory'
      and l.database = (select oid from pg_database where datname = current_database())
      and l.classid = (lock_s() >> 32)::oid and l.objid = (lock_s() & 4294967295)::oid and l.objsubid = 1
      and l.granted and l.mode = 'ShareLock'
      and a.xact_start < clock_timestamp() - min_ms * interval '1 millisecond'
  )
  select pid, client_addr, application_name, running_ms from stuck where pg_terminate_backend(pid);
$$;
--> statement-breakpoint
-- One chunk of settling: looks at the next bets of the given events, at most chunk_size, in the order (event_id, id)
-- beyond the last one looked at, and moves those that are behind to what their event's row says now.
-- event_ids: a JSON array of the owed events, in byte order. Returns how many were looked at and moved, and the last.
create function settle_chunk(event_ids text, after_event text, after_id bigint, chunk_size integer)
returns table (looked bigint, settled bigint, last_event text, last_id bigint) language plpgsql volatile
-- Every row is reached by its key. A plan made while the tables were small stays in use when they are large.
set enable_seqscan = off set enable_bitmapscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
begin
  return query
  with owed as (
    select e.event_id, e.state, e.state_version
    from (
      select value collate "C" as event_id from json_array_elements_text(event_ids::json)
      where value collate "C" >= after_event collate "C"
      order by 1
    ) given
    cross join lateral (
      select le.event_id, le.state, le.state_version from line_events le
      where le.event_id = given.event_id limit 1
    ) e
  ), looked as materialized (
    -- The outer side is sorted already, so this sorts event by event and stops at the limit: ordering all the
    -- bets of many events by id alone took ten times as long.
    select o.event_id, o.state, o.state_version, b.id, b.applied_version
    from (select * from owed order by event_id) o
    cross join lateral (
      select bets.id, bets.applied_version from bets
      -- Not `event_id = …`: then the primary key would give the order by id too, and the planner may walk
      -- all bets through it to find the few of one event.
      where bets.event_id between o.event_id and o.event_id
        and bets.id > case when o.event_id = after_event collate "C" then after_id else 0 end
      order by bets.event_id, bets.id limit chunk_size
    ) b
    order by o.event_id, b.id limit chunk_size
  ), behind as materialized (
    select b.id, l.state, l.state_version
    from (select * from looked where applied_version < state_version order by event_id, id) l
    join bets b on b.id = l.id
    where b.applied_version < l.state_version
    for update of b
  ), moved as (
    update bets b set
      state = case d.state when 'NEW' then 'PENDING' when 'FINISHED_WIN' then 'WIN'
                           when 'FINISHED_LOSE' then 'LOSE' else 'VOID' end,
      payout_cents = case d.state when 'NEW' then null
                                  when 'FINISHED_WIN' then (b.sum_cents * b.coefficient_hundredths + 50) / 100
                                  when 'FINISHED_LOSE' then 0 else b.sum_cents end,
      settled_at = case d.state when 'NEW' then null else moment end,
      applied_version = d.state_version
    from behind d where b.id = d.id
    returning 1
  ), ends as (
    select l.event_id, l.id from looked l order by l.event_id desc, l.id desc limit 1
  )
  select (select count(*) from looked), (select count(*) from moved), ends.event_id, ends.id
  from (select 1) one left join ends on true;
end $$;
--> statement-breakpoint
-- Notes the events as settled up to the version that was read before the placements were awaited; one whose state has
-- changed since stays owed. events: a JSON array of {event_id, state_version}. Returns those noted.
create function finish_settling(events text) returns table (event_id text) language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
  return query
  with given as (
    select e.event_id, e.state_version
    from json_to_recordset(events::json) as e (event_id text, state_version bigint)
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
