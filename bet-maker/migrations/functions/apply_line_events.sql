-- Takes events into the copy of the line, each only if its version is higher than the one known and
-- than the line's base. A change of state is logged and owed to the bets (settled_version <
-- state_version). Returns the events taken in.
-- changes: a JSON array of
-- {event_id, coefficient_hundredths, deadline, state, suspended, version, reason}.
--
-- A line that was restored from a backup counts its versions from a higher base, above everything
-- that the line before it ever said. What is said at or below the base comes from a line that is
-- gone: a message that was still in the broker, a page or an answer that somebody had read and not
-- yet applied. However late it comes, it must not bring back an event that the restored line does
-- not have: nobody would suspend it again, and bets would be taken on it.
create or replace function apply_line_events(changes text)
returns table (event_id text, version bigint, owed boolean) language plpgsql volatile
security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  base bigint;
begin
  perform pg_advisory_xact_lock_shared(version_base_lock());
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
    select i.event_id, i.coefficient_hundredths, i.deadline, i.state, i.suspended, i.version,
           i.reason, i.version, i.version, moment
    from incoming i
    order by i.event_id collate "C"
    on conflict (event_id) do update set
      coefficient_hundredths = excluded.coefficient_hundredths,
      deadline = excluded.deadline,
      state = excluded.state,
      suspended = excluded.suspended,
      version = excluded.version,
      reason = excluded.reason,
      state_version = case when known.state <> excluded.state then excluded.version
                           else known.state_version end,
      applied_at = excluded.applied_at
    where known.version < excluded.version
    returning known.event_id, known.version, known.state, known.reason,
              known.version = known.state_version
                and known.settled_version < known.state_version as state_changed
  ), logged as (
    insert into state_changes (event_id, version, state, reason, at)
    select a.event_id, a.version, a.state, a.reason, moment from applied a where a.state_changed
  )
  select a.event_id, a.version, a.state_changed from applied a;
end $$;
