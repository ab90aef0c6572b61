-- Ends the relay's lease if the holder still has it, so that another process takes over at once.
create or replace function release_relay_lease(the_holder text) returns void
language sql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
  update relay_lease set holder = null, lease_until = null where holder = the_holder;
$$;
