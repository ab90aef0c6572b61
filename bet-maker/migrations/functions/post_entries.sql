-- Moves money: appends one ledger entry per movement and changes the balances by the same amounts.
-- The only place that writes either. The caller holds the accounts (hold_accounts).
-- The arrays have one element per movement, in the order in which an account's entries are to
-- chain. subjects: the transfer for a deposit or a withdrawal, else the bet. event_versions: what
-- the bet was settled by, or null. Returns what the account held after each movement.
-- Strict, so that a statement whose aggregates found no movement calls it for nothing.
create or replace function post_entries(
  clients text[], account_ids text[], kinds text[], amounts bigint[], subjects bigint[],
  event_versions bigint[], moment timestamptz
) returns table (subject bigint, balance_cents numeric) language plpgsql volatile strict
set search_path = pg_catalog, public, pg_temp
set enable_hashjoin = on set enable_nestloop = off as $$
#variable_conflict use_column
declare
  posted bigint;
begin
  return query
  with movements as materialized (
    select given.client collate "C" as client, given.account_id collate "C" as account_id,
           kind, amount, subject, event_version, place,
           case when kind in ('deposit', 'withdrawal') then 'cash' else 'book' end as counter
    from unnest(clients, account_ids, kinds, amounts, subjects, event_versions)
      with ordinality as given (client, account_id, kind, amount, subject, event_version, place)
  ),
  -- An upsert finds each account by its key. The planner may join the table of an update with its
  -- input as it likes, and read all accounts. Accounts are opened elsewhere: one that is new has
  -- this time, and gets no entry.
  credited as (
    insert into accounts as a (client, account_id, balance_cents, created_at)
    select client, account_id, sum(amount), 'infinity' from movements
    group by client, account_id order by client, account_id
    on conflict (client, account_id)
      do update set balance_cents = a.balance_cents + excluded.balance_cents
    returning a.client, a.account_id, a.balance_cents, a.created_at
  )
  insert into ledger_entries (client, account_id, kind, counter_account, amount_cents,
                              balance_cents, bet_id, transfer_id, event_version, at)
  select client, account_id, m.kind, m.counter, m.amount,
         c.balance_cents - coalesce(sum(amount) over later, 0),
         case when m.counter = 'book' then m.subject end,
         case when m.counter = 'cash' then m.subject end, m.event_version, moment
  from movements m join credited c using (client, account_id)
  where c.created_at <> 'infinity'
  window later as (
    partition by client, account_id order by place rows between 1 following and unbounded following
  )
  order by client, account_id, place
  returning coalesce(ledger_entries.bet_id, ledger_entries.transfer_id),
            ledger_entries.balance_cents;
  get diagnostics posted = row_count;
  if posted <> cardinality(amounts) then
    raise 'only % of % movements have an account', posted, cardinality(amounts);
  end if;
end $$;
