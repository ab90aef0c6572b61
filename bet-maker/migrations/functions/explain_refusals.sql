-- Why requests (as for place_bets) were not placed, as things stand now: the bet that has the key,
-- if any; whether the feed is fresh; and what the event refuses the bet for (bet_refusal), with its
-- coefficient and version. A null version: the copy does not know the event. A null balance: the
-- client has no such account. Read-only.
create or replace function explain_refusals(requests text, feed_max_age_ms integer)
returns table (
  request integer, bet_id bigint, fresh boolean,
  refusal text, coefficient_hundredths integer, version bigint,
  balance_cents numeric
) language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  is_fresh boolean;
begin
  is_fresh := exists (
    select from feed_position f
    where f.singleton and feed_is_fresh(f.fresh_at, moment, feed_max_age_ms)
  );
  return query
  select r.request, b.id, is_fresh, e.refusal, e.coefficient_hundredths, e.version,
         a.balance_cents
  from json_to_recordset(requests::json) as r (
    request integer, event_id text, seen integer, accept_odds text, client text,
    account_id text, key text
  )
  left join lateral (
    select bet_refusal(le, r.seen, r.accept_odds, moment) as refusal,
           le.coefficient_hundredths, le.version
    from line_events le where le.event_id = r.event_id collate "C" limit 1
  ) e on true
  left join lateral (
    select bets.id from bets
    where bets.client = r.client collate "C" and bets.idempotency_key = r.key collate "C" limit 1
  ) b on true
  left join lateral (
    select accounts.balance_cents from accounts
    where accounts.client = r.client collate "C"
      and accounts.account_id = r.account_id collate "C" limit 1
  ) a on true;
end $$;
