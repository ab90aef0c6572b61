-- The latest moment of this clock at which an event can have ended that ended at `ended_at` of
-- line_db's clock: what was placed later was placed after the end. Null when it is not known: the
-- distance of the clocks is unknown, or one of them was set since it was measured. So it was when
-- the end lies in the future: line-provider takes none that does. line_db's clock was set back when
-- a message states a change from before `line_time`: what was committed before that had been read
-- by then. (A statement that commits runs no longer than five seconds.) changed_at is null for what
-- the feed says, which has measured the distance just before.
create or replace function latest_end(
  p feed_position, ended_at timestamptz, changed_at timestamptz, moment timestamptz
) returns timestamptz language sql stable parallel safe as $$
  select case when moment >= p.line_offset_at
                and coalesce(changed_at >= p.line_time - interval '5 seconds', true)
                and ended_at - (line_offset_within_us(p, moment) + p.line_offset_us)
                      * interval '1 microsecond' <= moment
    then ended_at
         + (line_offset_within_us(p, moment) - p.line_offset_us) * interval '1 microsecond'
  end
$$;
