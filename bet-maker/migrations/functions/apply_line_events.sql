-- Takes in what a message says, or a lookup of the API: hearsay, until a feed sync has read it
-- (take_events).
create or replace function apply_line_events(changes text)
returns table (event_id text, version bigint, owed boolean, outcome text, end_unknown boolean)
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
  select event_id, version, owed, outcome, end_unknown from take_events(changes, null)
$$;
