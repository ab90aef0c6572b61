-- What settling writes, as one transaction without regard to concurrent placements: the bets, the
-- entries of their accounts, and the balances.
begin;
with settled as (
  update bets b set
    state = :'state', payout_cents = case :'state' when 'WIN'
      then (b.sum_cents * b.coefficient_hundredths + 50) / 100 else 0 end,
    settled_at = clock_timestamp(), applied_version = b.applied_version
  from bets before
  where b.event_id like :'events' and before.id = b.id
  returning b.id, b.client, b.account_id,
            b.payout_cents - coalesce(before.payout_cents, 0) as amount
), credited as (
  update accounts a set balance_cents = a.balance_cents + s.amount
  from settled s where a.client = s.client and a.account_id = s.account_id
  returning a.client, a.account_id, a.balance_cents, s.amount, s.id
)
insert into ledger_entries (client, account_id, kind, counter_account, amount_cents,
                            balance_cents, bet_id, event_version, at)
select client, account_id, case when amount > 0 then 'payout' else 'correction' end, 'book',
       amount, balance_cents, id, 1, clock_timestamp()
from credited;
commit;
