-- How far the known distance of line_db's clock may be wrong at a moment, either way, in
-- microseconds. Clocks run up to 100 microseconds a second apart, so it grows after a reading.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function line_offset_within_us(p feed_position, moment timestamptz)
returns bigint language sql stable parallel safe as $$
  select p.line_offset_within_us + (extract(epoch from moment - p.line_offset_at) * 100)::bigint
$$;
