-- The largest stake, in cents, that the house's limits take at a coefficient (in hundredths); null
-- without limits. maxStake in domain/limits.ts shows bettors the same.
-- A payout is rounded half up to whole cents, so 49 hundredths of a cent more still fit.
create or replace function max_stake(
  coefficient_hundredths integer, max_stake_cents bigint, max_payout_cents bigint
) returns bigint language sql immutable parallel safe as $$
  select least(
    max_stake_cents, trunc((max_payout_cents * 100::numeric + 49) / coefficient_hundredths)::bigint
  )
$$;
