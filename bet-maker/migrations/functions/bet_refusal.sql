-- Why an event refuses a bet at a moment: the first reason that holds, or null when it takes it.
-- This is the only place that knows the rule. place_bets takes exactly the bets that it does not
-- refuse, and explain_refusals answers with its reason.
-- seen: the coefficient that the bettor saw, in hundredths, or null.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function bet_refusal(
  e line_events, seen integer, accept_odds text, moment timestamptz
) returns text language sql immutable parallel safe as $$
  select case
    when e.state <> 'NEW' then 'ended'
    when e.suspended then 'suspended'
    when to_timestamp(e.deadline) <= moment then 'deadline_passed'
    when accept_odds = 'any' or e.coefficient_hundredths = seen
      or (accept_odds = 'higher' and e.coefficient_hundredths > seen) then null
    else 'odds_changed'
  end
$$;
