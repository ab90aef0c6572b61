\set event random(0, 999)
\set key random(1, 9000000000000000)
select json_agg(json_build_array(request, id, coefficient_hundredths, event_version)) as inserted,
       max(created_at) as created_at
from place_bets(
  ('[{"request":0,"event_id":"bench-' || :event || '","sum_cents":1000,"seen":150,'
   || '"accept_odds":"exact","client":"","key":"' || :client_id || '-' || :key || '"}]')::text,
  20000
);
