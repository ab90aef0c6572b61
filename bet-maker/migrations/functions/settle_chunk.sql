-- One chunk of settling: looks at the next bets of the given events, at most chunk_size, in the
-- order (event_id, id) beyond the last one looked at, and brings those that are behind to what
-- their event's row says now: a settlement, a void, a correction or a rollback. Some are void,
-- whatever the result: see void_reason. The accounts that paid for them get the difference.
-- event_ids: a JSON array of the owed events. Returns how many were looked at and settled, the
-- last, and how many entries of each kind were written.
-- Each event's bets are found and updated in the order of one index, which is also the order in
-- which rows are locked. (Collecting the rows first, then locking and updating them, took three
-- times as long.)
-- Every row is reached by its key: a plan made while the tables were small stays in use when they
-- are large.
create or replace function settle_chunk(
  event_ids text, after_event text, after_id bigint, chunk_size integer
) returns table (
  looked bigint, settled bigint, last_event text, last_id bigint,
  payouts bigint, refunds bigint, corrections bigint
)
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz;
  ranges json := settling_ranges(event_ids, after_event, after_id, chunk_size);
  owed record;
  done record;
begin
  looked := 0;
  settled := 0;
  payouts := 0;
  refunds := 0;
  corrections := 0;
  perform hold_settled_accounts(ranges);
  -- After the locks, so that an account's entries are in the order of their times.
  moment := clock_timestamp();
  for owed in
    select r.event_id, r.beyond, r.upto, r.looked, e.*
    from json_to_recordset(ranges) as r (
      event_id text, beyond bigint, upto bigint, looked bigint
    )
    cross join lateral (
      select le.state, le.state_version, le.void_after, le.void_until, le.unknown_until
      from line_events le where le.event_id = r.event_id collate "C" limit 1
    ) e
    order by r.event_id collate "C"
  loop
    with moved as (
      update bets b set
        state = case
          when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
            is not null then 'VOID'
          when owed.state = 'NEW' then 'PENDING'
          when owed.state = 'FINISHED_WIN' then 'WIN'
          when owed.state = 'FINISHED_LOSE' then 'LOSE'
          else 'VOID' end,
        -- A product in bigint, exact; half a cent rounds up.
        payout_cents = case
          when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
            is not null then b.sum_cents
          when owed.state = 'NEW' then null
          when owed.state = 'FINISHED_WIN' then (b.sum_cents * b.coefficient_hundredths + 50) / 100
          when owed.state = 'FINISHED_LOSE' then 0
          else b.sum_cents end,
        settled_at = case
          when void_reason(b.created_at, owed.void_after, owed.void_until, owed.unknown_until)
            is not null or owed.state <> 'NEW' then moment end,
        applied_version = owed.state_version
      where b.event_id = owed.event_id collate "C" and b.id > owed.beyond and b.id <= owed.upto
        and b.applied_version < owed.state_version
      returning b.id, b.client, b.account_id, b.state, b.payout_cents
    ), credited as (
      -- One row per entry, each with the same counts.
      select coalesce(max(c.paid), 0) as paid, coalesce(max(c.refunded), 0) as refunded,
             coalesce(max(c.corrected), 0) as corrected
      from (
        select count(*) filter (where kind = 'payout') as paid,
               count(*) filter (where kind = 'refund') as refunded,
               count(*) filter (where kind = 'correction') as corrected,
               array_agg(client) as clients, array_agg(account_id) as account_ids,
               array_agg(kind) as kinds, array_agg(amount) as amounts, array_agg(id) as bets,
               array_agg(owed.state_version) as versions
        from (
          select m.*, coalesce(m.payout_cents, 0) - coalesce(before.payout_cents, 0) as amount,
                 case when before.state <> 'PENDING' then 'correction'
                   when m.state = 'VOID' then 'refund' else 'payout' end as kind
          from moved m
          -- The bet as it was: this statement does not see its own changes. Nor has anybody else
          -- settled it since, because its account is held.
          cross join lateral (
            select bets.state, bets.payout_cents from bets where bets.id = m.id limit 1
          ) before
          where m.account_id is not null
        ) changed
        where amount <> 0
      ) c cross join lateral
        post_entries(clients, account_ids, kinds, amounts, bets, versions, moment)
    )
    select (select count(*) from moved) as settled, c.* into done from credited c;

    looked := looked + owed.looked;
    settled := settled + done.settled;
    payouts := payouts + done.paid;
    refunds := refunds + done.refunded;
    corrections := corrections + done.corrected;
    last_event := owed.event_id;
    last_id := owed.upto;
  end loop;
  return next;
end $$;
