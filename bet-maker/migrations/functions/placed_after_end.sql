-- Whether a bet is void because it was placed after the end of its event. Never without a known
-- end. Nor beyond void_until, when bet-maker had long taken in that the event has ended: a later
-- time on a bet was read before this clock was set back.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function placed_after_end(
  created_at timestamptz, void_after timestamptz, void_until timestamptz
) returns boolean language sql immutable parallel safe as $$
  select coalesce(created_at > void_after and created_at <= void_until, false)
$$;
