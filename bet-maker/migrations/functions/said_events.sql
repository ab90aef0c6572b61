-- What changes say, each as the row that it makes of a new event. Two columns also say what a row
-- cannot: void_until is null where no end is stated (the version before states none), and
-- unknown_until is set where line-provider does not have the event ({event_id} alone).
-- changes, read_since: as for take_events.
--
-- A line that was restored from a backup counts its versions from a higher base, above everything
-- that the line before it ever said. What is said at or below the base comes from a line that is
-- gone: a message that was still in the broker, a page or an answer that somebody had read and not
-- yet applied. However late it comes, it must not bring back an event that the restored line does
-- not have: nobody would suspend it again, and bets would be taken on it.
--
-- One query without settings, so that PostgreSQL makes it part of the statement that asks.
create or replace function said_events(
  changes text, read_since timestamptz, p feed_position, moment timestamptz, all_placed timestamptz
) returns setof line_events language sql stable as $$
  select c.event_id, c.coefficient_hundredths, c.deadline, coalesce(c.state, 'NEW'),
         coalesce(c.suspended, true), coalesce(c.version, p.version_base), c.reason,
         -- New events owe nothing: there are no bets on them.
         c.version as state_version, c.version as settled_version,
         moment as applied_at, null::timestamptz as listed_at,
         case when c.state <> 'NEW' then c.ended_at end,
         case when c.state <> 'NEW' then
           latest_end(p, c.ended_at, case when read_since is null then c.changed_at end, moment)
         end as void_after,
         case when c.state <> 'NEW' and c.end_stated then all_placed end as void_until,
         read_since is null as heard, null::timestamptz as refuted_at,
         case when c.version is null then all_placed end as unknown_until
  from json_to_recordset(changes::json) as c (
    event_id text, coefficient_hundredths integer, deadline bigint, state text, suspended boolean,
    version bigint, reason text, changed_at timestamptz, ended_at timestamptz, end_stated boolean
  )
  where (c.version > p.version_base or (c.version is null and read_since is not null))
    -- line-provider could not be asked for an event with another id. (`{0,63}` takes four times as
    -- long.)
    and (read_since is not null
         or (c.event_id ~ '^[A-Za-z0-9][A-Za-z0-9._:-]*$' and length(c.event_id) <= 64))
$$;
