-- Takes events into the copy of the line. A change of the state or of the end is logged and owed to
-- the bets (settled_version < state_version).
-- changes: a JSON array of {event_id, coefficient_hundredths, deadline, state, suspended, version,
-- reason, changed_at, ended_at, end_stated}; said_events says what they mean. A batch says either
-- what events are, or that the line does not have them: their rows are locked at different points.
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
-- Returns the events that were changed (`taken`, or `refuted` with the version that was replaced)
-- and those that are `far` ahead of what is known; `end_unknown` when bets have to be settled
-- without knowing which of them were placed after the end.
create or replace function take_events(changes text, read_since timestamptz)
returns table (event_id text, version bigint, owed boolean, outcome text, replaced bigint,
               end_unknown boolean)
language plpgsql volatile
security definer set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  -- Ten times what a restore adds. An event that changes a thousand times a second gets there after
  -- almost three hours without any feed sync; 2^53, where versions must end, is 900 million times
  -- as far.
  far_above constant bigint := 10000000;
  moment timestamptz := clock_timestamp();
  -- Whoever placed a bet before the event was seen to have ended has committed by then.
  all_placed timestamptz := moment + interval '5 seconds';
  position feed_position;
  far line_events[];
  said line_events[];
  followed bigint;
begin
  perform pg_advisory_xact_lock_shared(version_base_lock());
  -- After the lock, with a snapshot of its own.
  select * into position from feed_position where singleton;

  -- Of each event the highest version that is not far. What the feed says and the copy has from the
  -- feed needs nothing.
  with given as materialized (
    select s, s.event_id, s.version,
           s.heard and s.version > position.version_base + far_above and not exists (
             select from line_events e
             where e.event_id = s.event_id and e.version + far_above >= s.version
           ) as is_far
    from said_events(changes, read_since, position, moment, all_placed) s
  ), latest as (
    select distinct on (g.event_id) g.event_id, g.s from given g where not g.is_far
    order by g.event_id, g.version desc
  )
  select array(select g.s from given g where g.is_far), array(
    select l.s from latest l
    where (l.s).heard or not exists (
      select from line_events e
      where e.event_id = l.event_id and not e.heard
        and (e.version, e.coefficient_hundredths, e.deadline, e.state, e.suspended, e.reason,
             e.ended_at)
          is not distinct from
            ((l.s).version, (l.s).coefficient_hundredths, (l.s).deadline, (l.s).state,
             (l.s).suspended, (l.s).reason, (l.s).ended_at)
    )
    order by l.event_id
  ) into far, said;

  if far <> '{}' then
    return query
    select f.event_id, f.version, false, 'far', null::bigint, false from unnest(far) f;
  end if;
  if said = '{}' then return; end if;

  -- The ordinary: new events, and higher versions of open ones that the line has never refuted. The
  -- other rows are locked by this, too, in the one order, and see what others have inserted
  -- meanwhile (`on conflict do update` locks what its condition leaves out). They are judged next.
  return query
  insert into line_events as e
  select s.* from unnest(said) s where s.unknown_until is null
  on conflict (event_id) do update set
    coefficient_hundredths = excluded.coefficient_hundredths,
    deadline = excluded.deadline,
    suspended = excluded.suspended,
    version = excluded.version,
    reason = excluded.reason,
    applied_at = moment,
    heard = excluded.heard
  where e.version < excluded.version and e.state = 'NEW' and excluded.state = 'NEW'
    and e.refuted_at is null
  returning e.event_id, e.version, false, 'taken', null::bigint, false;
  get diagnostics followed = row_count;
  if followed = cardinality(said) then return; end if;

  -- No statement joins line_events: a plan that was made while it was small would be kept, and read
  -- all of it for each event. `limit 1` and `on conflict` look each event up by its key.
  return query
  with judged as materialized (
    select s.event_id, s.state, s.suspended, s.version, s.reason, s.heard, j.*,
           (k.e).version as known_version, (k.e).settled_version,
           -- Above every version that a bet can have seen, also in a copy that was refuted.
           case
             when j.refuted then greatest((k.e).version, (k.e).state_version) + 1
             when j.state_changed then greatest(s.version, (k.e).state_version + 1)
             else (k.e).state_version end as state_version,
           case when j.differs then moment else (k.e).applied_at end as applied_at,
           case when j.refuted then moment else (k.e).refuted_at end as refuted_at
    from unnest(said) s
    cross join lateral (
      select e from line_events e where e.event_id = s.event_id limit 1 for update
    ) k
    cross join lateral judged_event(k.e, s, read_since, position, moment, all_placed) j
  ), changed as (
    insert into line_events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
       state_version, settled_version, applied_at, ended_at, void_after, void_until, heard,
       refuted_at, unknown_until)
    select j.event_id, j.coefficient_hundredths, j.deadline, j.state, j.suspended, j.version,
           j.reason, j.state_version, j.settled_version, j.applied_at, j.ended_at, j.void_after,
           j.void_until, j.heard, j.refuted_at, j.unknown_until
    from judged j
    on conflict (event_id) do update set
      coefficient_hundredths = excluded.coefficient_hundredths,
      deadline = excluded.deadline,
      state = excluded.state,
      suspended = excluded.suspended,
      version = excluded.version,
      reason = excluded.reason,
      state_version = excluded.state_version,
      applied_at = excluded.applied_at,
      ended_at = excluded.ended_at,
      void_after = excluded.void_after,
      void_until = excluded.void_until,
      heard = excluded.heard,
      refuted_at = excluded.refuted_at,
      unknown_until = excluded.unknown_until
  ), logged as (
    insert into state_changes
      (event_id, version, line_version, state, reason, at, void_after, void_until, unknown_until)
    select j.event_id, j.state_version,
           case when j.version < j.state_version then greatest(j.version, 1) end, j.state,
           case when j.refuted then 'The line refuted the state before' else j.reason end, moment,
           j.void_after, j.void_until, j.unknown_until
    from judged j where j.state_changed
  )
  select j.event_id, j.version, j.state_changed or j.refuted,
         case when j.refuted then 'refuted' else 'taken' end,
         case when j.refuted then j.known_version end,
         (j.state_changed or j.refuted) and j.ended_at is not null and j.void_after is null
  from judged j where j.differs or j.state_changed;
end $$;
