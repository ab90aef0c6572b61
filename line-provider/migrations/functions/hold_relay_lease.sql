-- Acquires or renews the relay's lease. Returns the number up to which everything is published, or
-- null while another process holds the lease. Nobody gets it for more than a minute at a time, so a
-- stolen login that was locked out keeps the relay from its work no longer than that.
create or replace function hold_relay_lease(the_holder text, lease_ms integer) returns bigint
language sql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
  update relay_lease
  set holder = the_holder,
      lease_until = clock_timestamp() + least(lease_ms, 60000) * interval '1 millisecond'
  where holder is null or holder = the_holder or lease_until < clock_timestamp()
  returning published_seq;
$$;
