-- Why a bet is void whatever the result; null when it is not. `placed_on_unknown_event`: the line
-- did not have the event by then (unknown_until). `placed_after_end`: never without a known end.
-- Nor beyond void_until, when bet-maker had long taken in that the event has ended: a later time on
-- a bet was read before this clock was set back.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function void_reason(
  created_at timestamptz, void_after timestamptz, void_until timestamptz, unknown_until timestamptz
) returns text language sql immutable parallel safe as $$
  select case
    when created_at <= unknown_until then 'placed_on_unknown_event'
    when created_at > void_after and created_at <= void_until then 'placed_after_end'
  end
$$;
