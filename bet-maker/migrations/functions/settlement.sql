-- What a bet comes to by what its event's row says: its state, and its payout in cents, null while
-- it is pending. Void bets get their stake back; void_reason says which are void whatever the
-- result.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function settlement(
  sum_cents bigint, coefficient_hundredths integer, void text, event_state text
) returns table (state text, payout_cents bigint) language sql immutable parallel safe as $$
  select case
           when void is not null then 'VOID'
           when event_state = 'NEW' then 'PENDING'
           when event_state = 'FINISHED_WIN' then 'WIN'
           when event_state = 'FINISHED_LOSE' then 'LOSE'
           else 'VOID'
         end,
         case
           when void is not null then sum_cents
           when event_state = 'NEW' then null
           -- A product in bigint, exact; half a cent rounds up.
           when event_state = 'FINISHED_WIN' then (sum_cents * coefficient_hundredths + 50) / 100
           when event_state = 'FINISHED_LOSE' then 0
           else sum_cents
         end
$$;
