-- Whether the copy of the line is fresh enough to take bets at a moment: its latest complete feed
-- sync began no longer than max_age_ms before, and not after it. Null without a complete sync.
-- isFresh in bet-maker/src/domain/freshness.ts is the same rule for an age. A test compares them.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
-- STABLE, not IMMUTABLE: `timestamptz - interval` is only that, and PostgreSQL inlines no function
-- that promises more than what it calls.
create or replace function feed_is_fresh(
  fresh_at timestamptz, moment timestamptz, max_age_ms integer
) returns boolean language sql stable parallel safe as $$
  select fresh_at between moment - max_age_ms * interval '1 millisecond' and moment
$$;
