-- What the copy makes of a change: of the known event and what is said of it (said_events). No row
-- if the change is not to be believed, or says nothing new. take_events has the rules.
-- One query without settings, so that PostgreSQL makes it part of the statement that asks.
create or replace function judged_event(
  e line_events, s line_events, read_since timestamptz, p feed_position, moment timestamptz,
  all_placed timestamptz
) returns table (
  coefficient_hundredths integer, deadline bigint, ended_at timestamptz, void_after timestamptz,
  void_until timestamptz, unknown_until timestamptz, differs boolean, state_changed boolean,
  refuted boolean
) language sql stable as $$
  select n.coefficient_hundredths, n.deadline, n.ended_at, v.void_after,
         case when s.state <> 'NEW' then coalesce(e.void_until, all_placed) end,
         n.unknown_until, d.is_other or d.ends_otherwise as differs,
         -- Also when the end of the same version was unknown by this clock, and now is not.
         (e.state, e.ended_at, e.void_after, e.unknown_until)
           is distinct from (s.state, n.ended_at, v.void_after, n.unknown_until) as state_changed,
         -- Not when all it says is an end that the copy did not know.
         s.version <= e.version
           and (d.is_other or (d.ends_otherwise and e.ended_at is not null)) as refuted
  from (
    -- What is not said stays.
    select coalesce(s.coefficient_hundredths, e.coefficient_hundredths) as coefficient_hundredths,
           coalesce(s.deadline, e.deadline) as deadline,
           case when s.state <> 'NEW' and s.void_until is null then e.ended_at
             else s.ended_at end as ended_at,
           coalesce(s.unknown_until, e.unknown_until) as unknown_until
  ) n
  cross join lateral (
    select case
      -- An end that stays the same stays where it was on this clock.
      when n.ended_at is distinct from e.ended_at or e.void_after is null then s.void_after
      -- When a message has brought the end, the distance of the clocks was an older one. The feed
      -- sync has just measured it: bets may not be late where that says otherwise.
      when e.heard and not s.heard and s.void_until is not null and not coalesce(
        e.void_after >= s.void_after
          - 2 * line_offset_within_us(p, moment) * interval '1 microsecond', false
      ) then null
      else e.void_after end as void_after
  ) v
  cross join lateral (
    select (e.coefficient_hundredths, e.deadline, e.state, e.suspended, e.version, e.reason)
             is distinct from
           (n.coefficient_hundredths, n.deadline, s.state, s.suspended, s.version, s.reason)
             as is_other,
           e.ended_at is distinct from n.ended_at as ends_otherwise
  ) d
  where case
    when s.heard then
      -- For so long, messages do not change an event that the line has refuted: whoever repeats a
      -- false message is heard once. Its true changes come with the feed syncs.
      e.version < s.version
      and (e.refuted_at is null or e.refuted_at < moment - interval '10 minutes')
    else
      e.version < s.version
      or ((e.version = s.version or e.applied_at < read_since)
          and (e.heard or ((d.is_other or d.ends_otherwise) and read_since < 'infinity')))
    end
$$;
