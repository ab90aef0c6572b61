-- Where the bets of one chunk of settling are: of each of the owed events the next bets, at most
-- chunk_size in all, in the order (event_id, id) beyond the last one looked at.
-- event_ids: a JSON array of the owed events. Returns a JSON array of {event_id, beyond, upto,
-- looked, charged}: bets above `beyond` and up to `upto`, how many they are, and whether an account
-- paid for any of them. Null when there are none.
-- Each event's bets are one range of one index. (Comparing pairs, `(event_id, id) <= (…)`, reads on
-- to the event's last bet each time, because PostgreSQL stops only at single columns.)
create or replace function settling_ranges(
  event_ids text, after_event text, after_id bigint, chunk_size integer
) returns json language plpgsql stable
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off
set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
declare
  ranges text[] := '{}';
  rest bigint := chunk_size;
  owed text;
  above bigint;
  found record;
begin
  for owed in
    select value from json_array_elements_text(event_ids::json)
    where value collate "C" >= after_event collate "C" order by value collate "C"
  loop
    above := case when owed = after_event then after_id else 0 end;
    select owed as event_id, above as beyond, max(b.id) as upto, count(*) as looked,
           bool_or(b.account_id is not null) as charged
    into found from (
      select bets.id, bets.account_id from bets
      where bets.event_id = owed collate "C" and bets.id > above
      order by bets.event_id, bets.id limit rest
    ) b;
    continue when found.looked = 0;
    ranges := ranges || row_to_json(found)::text;
    rest := rest - found.looked;
    exit when rest = 0;
  end loop;
  return case when ranges <> '{}' then '[' || array_to_string(ranges, ',') || ']' end;
end $$;
