\set account random(0, 99999)
\set key random(1, 9000000000000000)
with credited as (
  update accounts set balance_cents = balance_cents + 1000
  where client = '' and account_id = 'bench-' || :account
  returning account_id, balance_cents
), made as (
  insert into transfers (client, account_id, kind, amount_cents, created_at, idempotency_key)
  select '', account_id, 'deposit', 1000, clock_timestamp(), :client_id || '-' || :key
  from credited
  returning id, account_id
)
insert into ledger_entries (client, account_id, kind, counter_account, amount_cents,
                            balance_cents, transfer_id, at)
select '', made.account_id, 'deposit', 'cash', 1000, credited.balance_cents, made.id,
       clock_timestamp()
from made cross join credited;
