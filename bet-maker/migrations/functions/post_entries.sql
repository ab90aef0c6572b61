-- Moves money: appends one ledger entry per movement and changes the balances by the same amounts.
-- The only place that writes either. The caller holds the accounts (hold_accounts).
-- The arrays have one element per movement, in the order in which an account's entries are to
-- chain. subjects: the transfer for a deposit or a withdrawal, else the bet. event_versions: what
-- the bet was settled by, or null. Returns what the account held after each movement.
-- What the accounts held is read once, before: nobody else can change it meanwhile.
-- Strict, so that a statement whose aggregates found no movement calls it for nothing.
create or replace function post_entries(
  clients text[], account_ids text[], kinds text[], amounts bigint[], subjects bigint[],
  event_versions bigint[], moment timestamptz
) returns table (subject bigint, balance_cents numeric) language plpgsql volatile strict
set search_path = pg_catalog, public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  posted bigint;
begin
  return query
  with movements as (
    select given.client collate "C" as client, given.account_id collate "C" as account_id,
           kind, amount, subject, event_version, place, held.balance_cents as held_cents,
           held.created_at,
           sum(amount) over (
             partition by given.client collate "C", given.account_id collate "C" order by place
           ) as so_far,
           case when kind in ('deposit', 'withdrawal') then 'cash' else 'book' end as counter
    from unnest(clients, account_ids, kinds, amounts, subjects, event_versions)
      with ordinality as given (client, account_id, kind, amount, subject, event_version, place)
    cross join lateral (
      select x.balance_cents, x.created_at from accounts x
      where x.client = given.client collate "C" and x.account_id = given.account_id collate "C"
      limit 1
    ) held
  ),
  -- An upsert finds each account by its key. The planner may join the table of an update with its
  -- input as it likes, and read all accounts. Nothing is inserted: accounts are opened elsewhere.
  credited as (
    insert into accounts as a (client, account_id, balance_cents, created_at)
    select client, account_id, sum(amount), min(created_at) from movements
    group by client, account_id
    on conflict (client, account_id)
      do update set balance_cents = a.balance_cents + excluded.balance_cents
  )
  insert into ledger_entries (client, account_id, kind, counter_account, amount_cents,
                              balance_cents, bet_id, transfer_id, event_version, at)
  select m.client, m.account_id, m.kind, m.counter, m.amount, m.held_cents + m.so_far,
         case when m.counter = 'book' then m.subject end,
         case when m.counter = 'cash' then m.subject end, m.event_version, moment
  from movements m order by m.client, m.account_id, m.place
  returning coalesce(ledger_entries.bet_id, ledger_entries.transfer_id),
            ledger_entries.balance_cents;
  get diagnostics posted = row_count;
  if posted <> cardinality(amounts) then
    raise 'only % of % movements have an account', posted, cardinality(amounts);
  end if;
end $$;
