\set account random(0, 99999)
\set key random(1, 9000000000000000)
select * from make_transfers(
  ('[{"request":0,"client":"","account_id":"bench-' || :account || '","kind":"deposit",'
   || '"amount_cents":1000,"key":"' || :client_id || '-' || :key || '"}]')::text
);
