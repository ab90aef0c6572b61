-- Stores a complete feed sync with the time when it began; answers whether it did. It stores none
-- when another was stored since that one began. It stores none that began in the future, either:
-- otherwise a stolen login could keep the gate open for ever with one call.
create or replace function complete_feed_sync(
  the_sync bigint, began_at timestamptz, new_cursor text, line_reading timestamptz
) returns boolean language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  update feed_position
  set pass = the_sync + 1, cursor = new_cursor, fresh_at = began_at, line_time = line_reading
  where singleton and pass = the_sync and began_at <= clock_timestamp();
  return found;
end $$;
