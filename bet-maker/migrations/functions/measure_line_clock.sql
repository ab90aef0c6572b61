-- Takes in a reading of line_db's clock, made after `asked_at` by this clock and before this call.
-- What it says of the distance between the two clocks and what was known before are both true, so
-- the distance lies in both ranges. When they do not overlap, one of the clocks was set: then the
-- distance is unknown until the next reading. Answers false in that case.
create or replace function measure_line_clock(asked_at timestamptz, line_reading timestamptz)
returns boolean language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
  answered_at timestamptz := clock_timestamp();
  lowest bigint := extract(epoch from line_reading - answered_at) * 1000000;
  highest bigint := extract(epoch from line_reading - asked_at) * 1000000;
  known feed_position;
begin
  select * into known from feed_position where singleton for update;
  if known.line_offset_us is not null then
    lowest := greatest(lowest, known.line_offset_us - line_offset_within_us(known, answered_at));
    highest := least(highest, known.line_offset_us + line_offset_within_us(known, answered_at));
    if answered_at < known.line_offset_at then highest := lowest - 1; end if;
  end if;
  update feed_position set
    line_offset_us = case when lowest <= highest then (lowest + highest) / 2 end,
    line_offset_within_us = case when lowest <= highest then (highest - lowest) / 2 + 1 end,
    line_offset_at = case when lowest <= highest then answered_at end
  where singleton;
  return lowest <= highest;
end $$;
