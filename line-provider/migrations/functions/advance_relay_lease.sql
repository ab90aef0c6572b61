-- Records that everything up to a number of the feed is published. Returns the time in Unix
-- milliseconds, or null when another process holds the lease by now. The number never goes back,
-- nor beyond what the feed has numbered: no change of the future can be passed over.
create or replace function advance_relay_lease(the_holder text, up_to bigint)
returns double precision language sql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
  update relay_lease set published_seq = up_to
  where holder = the_holder and up_to between published_seq and (select last_seq from feed)
  returning (extract(epoch from clock_timestamp()) * 1000)::double precision;
$$;
