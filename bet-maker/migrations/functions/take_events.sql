-- Takes events into the copy of the line. A change of the state or of the end is logged and owed to
-- the bets (settled_version < state_version).
-- changes: a JSON array of {event_id, coefficient_hundredths, deadline, state, suspended, version,
-- reason, changed_at, ended_at, end_stated}. The version before states no end: the known one stays.
--
-- read_since is null for hearsay: what a message says, or a lookup of the API. An event is taken if
-- its version is higher than the known one and not far above it.
--
-- read_since is this clock's time before line-provider was asked, for its answers over HTTP. They
-- are the truth. What the copy had taken in before that time is either in the answer or false: an
-- event that is ahead of the answer, or differs from it at the same version, is refuted and
-- replaced. What came in since may be newer than the answer, and stays. 'infinity' is for an answer
-- that refutes a message from before: it replaces all that has been heard since. {event_id} alone
-- says that the line does not have the event: it is open again, suspended, and below every version.
-- Bets that were placed on it are void, also when the line has such an event later: whoever made it
-- up chose its coefficient.
--
-- A line that was restored from a backup counts its versions from a higher base, above everything
-- that the line before it ever said. What is said at or below the base comes from a line that is
-- gone: a message that was still in the broker, a page or an answer that somebody had read and not
-- yet applied. However late it comes, it must not bring back an event that the restored line does
-- not have: nobody would suspend it again, and bets would be taken on it.
--
-- Returns the events that were changed (`taken`, or `refuted` with the version that was replaced)
-- and those that are `far` ahead of what is known; `end_unknown` when bets have to be settled
-- without knowing which of them were placed after the end.
create or replace function take_events(changes text, read_since timestamptz)
returns table (event_id text, version bigint, owed boolean, outcome text, replaced bigint,
               end_unknown boolean)
language plpgsql volatile
security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  -- Ten times what a restore adds. An event that changes a thousand times a second gets there after
  -- almost three hours without any feed sync; 2^53, where versions must end, is 900 million times
  -- as far.
  far constant bigint := 10000000;
  -- For so long, messages do not change an event that the line has refuted: whoever repeats a false
  -- message is heard once. Its true changes come with the feed syncs.
  distrust constant interval := '10 minutes';
  moment timestamptz := clock_timestamp();
  -- Whoever placed a bet before the event was seen to have ended has committed by then.
  all_placed timestamptz := moment + interval '5 seconds';
  position feed_position;
  base bigint;
  said json;
begin
  perform pg_advisory_xact_lock_shared(version_base_lock());
  -- After the lock, with a snapshot of its own.
  select * into position from feed_position where singleton;
  base := position.version_base;

  -- Of each event the highest version that is not far.
  with given as materialized (
    select c.event_id, c.coefficient_hundredths, c.deadline, c.state, c.suspended, c.version,
           c.reason, over.*, coalesce(c.end_stated, false) as end_stated,
           known.version is null as new,
           read_since is null and c.version > greatest(base, known.version) + far as too_far
    from json_to_recordset(changes::json) as c (
      event_id text, coefficient_hundredths integer, deadline bigint, state text,
      suspended boolean, version bigint, reason text, changed_at timestamptz, ended_at timestamptz,
      end_stated boolean
    )
    -- Nulls for an event that is still to end.
    left join lateral (
      select c.ended_at, latest_end(
        position, c.ended_at, case when read_since is null then c.changed_at end, moment
      ) as void_after
    ) over on c.state <> 'NEW'
    left join lateral (
      select e.version from line_events e where e.event_id = c.event_id collate "C" limit 1
    ) known on true
    where (c.version > base or (c.version is null and read_since is not null))
      -- line-provider could not be asked for an event with another id.
      and (read_since is not null
           or c.event_id collate "C" ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$')
  ), latest as (
    select distinct on (g.event_id collate "C") g.* from given g where not g.too_far
    order by g.event_id collate "C", g.version desc
  )
  select coalesce(json_agg(s), '[]') into said
  from (select * from latest union all select * from given where too_far) s;

  return query
  select s.event_id, s.version, false, 'far', null::bigint, false
  from json_to_recordset(said) as s (event_id text, version bigint, too_far boolean)
  where s.too_far;

  -- New events owe nothing: there are no bets on them.
  return query
  insert into line_events as e
    (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
     state_version, settled_version, applied_at, heard, ended_at, void_after, void_until)
  select s.event_id, s.coefficient_hundredths, s.deadline, s.state, s.suspended, s.version,
         s.reason, s.version, s.version, moment, read_since is null, s.ended_at, s.void_after,
         case when s.state <> 'NEW' then all_placed end
  from json_to_recordset(said) as s (
    event_id text, coefficient_hundredths integer, deadline bigint, state text,
    suspended boolean, version bigint, reason text, ended_at timestamptz, void_after timestamptz,
    new boolean, too_far boolean
  )
  where s.new and not s.too_far and s.version is not null
  order by s.event_id collate "C"
  on conflict (event_id) do nothing
  returning e.event_id, e.version, false, 'taken', null::bigint, false;

  -- A statement of its own, so that it sees what others have inserted meanwhile.
  return query
  with judged as materialized (
    select e.event_id, n.*, e.version as known_version, d.differs,
           -- Also when the end of the same version was unknown by this clock, and now is not.
           (n.state, n.ended_at, n.void_after, n.unknown_until)
             is distinct from (e.state, e.ended_at, e.void_after, e.unknown_until)
             as state_changed,
           d.contradicts and n.version <= e.version as refuted
    from (
      select * from json_to_recordset(said) as s (
        event_id text, coefficient_hundredths integer, deadline bigint, state text,
        suspended boolean, version bigint, reason text, ended_at timestamptz,
        void_after timestamptz, end_stated boolean, too_far boolean
      ) where not s.too_far order by s.event_id collate "C"
    ) s
    join line_events e on e.event_id = s.event_id collate "C"
    cross join lateral (
      select case when s.state <> 'NEW' then
               case when s.end_stated then s.ended_at else e.ended_at end
             end as ended_at,
             -- When a message has brought the end, the distance of the clocks was an older one. The
             -- feed sync has just measured it: bets may not be late where that says otherwise.
             read_since is not null and e.heard and s.end_stated and not coalesce(
               e.void_after >= s.void_after
                 - 2 * line_offset_within_us(position, moment) * interval '1 microsecond', false
             ) and e.void_after is not null as clock_was_set
    ) over
    cross join lateral (
      select coalesce(s.coefficient_hundredths, e.coefficient_hundredths) as coefficient_hundredths,
             coalesce(s.deadline, e.deadline) as deadline, coalesce(s.state, 'NEW') as state,
             coalesce(s.suspended, true) as suspended, coalesce(s.version, base) as version,
             s.reason,
             over.ended_at,
             -- An end that stays the same stays where it was on this clock.
             case when over.ended_at is distinct from e.ended_at then s.void_after
               when over.clock_was_set then null
               else coalesce(e.void_after, s.void_after) end as void_after,
             case when s.state <> 'NEW' then coalesce(e.void_until, all_placed) end as void_until,
             case when s.version is null then all_placed else e.unknown_until end as unknown_until
    ) n
    cross join lateral (
      select (e.coefficient_hundredths, e.deadline, e.state, e.suspended, e.version, e.reason,
              e.ended_at)
               is distinct from
             (n.coefficient_hundredths, n.deadline, n.state, n.suspended, n.version, n.reason,
              n.ended_at)
               as differs,
             -- Not when all it says is an end that the copy did not know.
             (e.coefficient_hundredths, e.deadline, e.state, e.suspended, e.version, e.reason,
              coalesce(e.ended_at, n.ended_at))
               is distinct from
             (n.coefficient_hundredths, n.deadline, n.state, n.suspended, n.version, n.reason,
              n.ended_at)
               as contradicts
    ) d
    where case
      when read_since is null then
        e.version < n.version and (e.refuted_at is null or e.refuted_at < moment - distrust)
      else
        e.version < n.version
        or ((e.version = n.version or e.applied_at < read_since)
            and (e.heard or (d.differs and read_since < 'infinity')))
      end
    for update of e
  ), changed as (
    update line_events e set
      coefficient_hundredths = j.coefficient_hundredths,
      deadline = j.deadline,
      state = j.state,
      suspended = j.suspended,
      version = j.version,
      reason = j.reason,
      ended_at = j.ended_at,
      void_after = j.void_after,
      void_until = j.void_until,
      unknown_until = j.unknown_until,
      -- Above every version that a bet can have seen, also in a copy that was refuted.
      state_version = case
        when j.refuted then greatest(e.version, e.state_version) + 1
        when j.state_changed then greatest(j.version, e.state_version + 1)
        else e.state_version end,
      applied_at = case when j.differs then moment else e.applied_at end,
      heard = read_since is null,
      refuted_at = case when j.refuted then moment else e.refuted_at end
    from judged j where e.event_id = j.event_id
    returning e.*, j.state_changed, j.differs, j.refuted, j.known_version
  ), logged as (
    insert into state_changes
      (event_id, version, line_version, state, reason, at, void_after, void_until, unknown_until)
    select c.event_id, c.state_version,
           case when c.version < c.state_version then greatest(c.version, 1) end, c.state,
           case when c.refuted then 'The line refuted the state before' else c.reason end, moment,
           c.void_after, c.void_until, c.unknown_until
    from changed c where c.state_changed
  )
  select c.event_id, c.version, c.state_changed or c.refuted,
         case when c.refuted then 'refuted' else 'taken' end,
         case when c.refuted then c.known_version end,
         (c.state_changed or c.refuted) and c.ended_at is not null and c.void_after is null
  from changed c where c.differs or c.state_changed;
end $$;
