-- Closes the gate and has the next feed sync begin at the feed's beginning, unless another sync was
-- stored since the given one began.
create or replace function start_feed_over(the_sync bigint) returns void
language sql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
  update feed_position
  set pass = the_sync + 1, cursor = null, fresh_at = null, line_time = null
  where singleton and pass = the_sync;
$$;
