-- What explain_refusals was in the version before, which left the reason to the API. Its processes
-- still call it while a deployment is under way; nothing else does. Goes with the next version.
create or replace function explain_bets(requests text, feed_max_age_ms integer)
returns table (
  request integer, fresh boolean, now_ms double precision,
  known boolean, coefficient_hundredths integer, deadline bigint, state text, suspended boolean,
  version bigint, bet_id bigint
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
  select r.request, is_fresh, extract(epoch from moment)::double precision * 1000,
         e.version is not null, e.coefficient_hundredths, e.deadline, e.state, e.suspended,
         e.version, b.id
  from json_to_recordset(requests::json) as r (
    request integer, event_id text, client text, key text
  )
  left join lateral (
    select * from line_events le where le.event_id = r.event_id collate "C" limit 1
  ) e on true
  left join lateral (
    select bets.id from bets
    where bets.client = r.client collate "C" and bets.idempotency_key = r.key collate "C" limit 1
  ) b on true;
end $$;
