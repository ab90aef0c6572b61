-- PUT /event, several in one statement and one commit: inserts or changes each event under its
-- row's lock and leaves it unnumbered. Changes of one event are made in the order in which they
-- were given, events in byte order, so that two batches never deadlock. A loop, because each change
-- has to see what the one before it did.
-- changes: a JSON array of {change, event_id, coefficient, deadline, state, suspended, reason,
-- ended_at}; `coefficient` is in hundredths, `change` the number by which the answers are told
-- apart. The change that ends an event ends it now, unless ended_at is given; a correction keeps
-- the end that is known.
-- outcome: created, changed, ends_in_future (by this clock; the event is not looked at), or kept
-- (nothing differs, or the change is not allowed; the caller tells which from the row). No answer:
-- the event is unknown, and what was given does not make a new one.
-- Not INSERT … ON CONFLICT DO UPDATE, which fails NOT NULL for a partial body before it sees the
-- conflict.
create or replace function change_events(changes text) returns table (
  change integer, outcome text, event_id text, coefficient_hundredths integer, deadline bigint,
  state text, suspended boolean, version bigint, reason text, changed_at timestamptz,
  ended_at timestamptz
) language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  asked record;
  found_as events%rowtype;
begin
  for asked in
    select * from json_to_recordset(changes::json) as c (
      change integer, event_id text, coefficient integer, deadline bigint, state text,
      suspended boolean, reason text, ended_at timestamptz
    )
    -- What does not fit the API's schemas would make the feed unreadable, also when whoever wrote
    -- it with a stolen login has long been locked out.
    where c.event_id collate "C" ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'
      and coalesce(c.deadline between 0 and 253402300799, true)
      and coalesce(char_length(c.reason) between 1 and 500, true)
      and coalesce(c.ended_at >= '0001-01-01 00:00:00+00', true)
    order by c.event_id collate "C", c.change
  loop
    if asked.ended_at > clock_timestamp() then
      change := asked.change;
      outcome := 'ends_in_future';
      return next;
      continue;
    end if;

    if asked.coefficient is not null and asked.deadline is not null
       and coalesce(asked.state, 'NEW') = 'NEW' and asked.ended_at is null then
      return query
        insert into events as e
          (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
           changed_at)
        select asked.event_id, asked.coefficient, asked.deadline, 'NEW',
               coalesce(asked.suspended, false), f.version_base + 1, asked.reason,
               clock_timestamp()
        from feed f
        on conflict (event_id) do nothing
        returning asked.change, 'created', e.event_id, e.coefficient_hundredths, e.deadline,
                  e.state, e.suspended, e.version, e.reason, e.changed_at, e.ended_at;
      continue when found;
    end if;

    -- First without a look at the row: nearly every change applies. One that did not is looked at
    -- under the row's lock, and tried again if it applies to what somebody has made of the event in
    -- between; then the lock is ours.
    loop
      return query
        update events e set
          coefficient_hundredths = coalesce(asked.coefficient, e.coefficient_hundredths),
          deadline = coalesce(asked.deadline, e.deadline),
          state = coalesce(asked.state, e.state),
          suspended = coalesce(asked.suspended, e.suspended),
          version = e.version + 1,
          reason = asked.reason,
          changed_at = clock_timestamp(),
          ended_at = case
            when coalesce(asked.state, e.state) = 'NEW' then null
            when e.state = 'NEW' then coalesce(asked.ended_at, clock_timestamp())
            else coalesce(asked.ended_at, e.ended_at)
          end,
          seq = null
        where e.event_id = asked.event_id
          and change_applies(e, asked.coefficient, asked.deadline, asked.state, asked.suspended,
                             asked.reason, asked.ended_at)
        returning asked.change, 'changed', e.event_id, e.coefficient_hundredths, e.deadline,
                  e.state, e.suspended, e.version, e.reason, e.changed_at, e.ended_at;
      exit when found;

      select * into found_as from events e where e.event_id = asked.event_id for update;
      exit when not found;
      continue when change_applies(
        found_as, asked.coefficient, asked.deadline, asked.state, asked.suspended, asked.reason,
        asked.ended_at);
      return query
        select asked.change, 'kept', found_as.event_id, found_as.coefficient_hundredths,
               found_as.deadline, found_as.state, found_as.suspended, found_as.version,
               found_as.reason, found_as.changed_at, found_as.ended_at;
      exit;
    end loop;
  end loop;
end $$;
