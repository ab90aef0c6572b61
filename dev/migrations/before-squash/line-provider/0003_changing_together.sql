-- Several changes in one statement and one commit, each as change_event makes it; those of one event in the order in which
-- they were given, events in byte order, so that two batches never wait for each other in a ring.
-- changes: a JSON array of {change, event_id, coefficient, deadline, state, suspended, reason}; `coefficient` is in
-- hundredths, `change` the number by which the answers are told apart. Without an answer: as change_event without a row.
-- A loop, because each change has to see what the one before it did: change_event's statements have snapshots of their own.
create function change_events(changes text) returns table (
  change integer, outcome text, event_id text, coefficient_hundredths integer, deadline bigint, state text,
  suspended boolean, version bigint, reason text, changed_at timestamptz
) language plpgsql volatile
set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
  asked record;
begin
  for asked in
    select * from json_to_recordset(changes::json) as c (
      change integer, event_id text, coefficient integer, deadline bigint, state text, suspended boolean, reason text
    )
    order by c.event_id collate "C", c.change
  loop
    return query
      select asked.change, made.*
      from change_event(asked.event_id, asked.coefficient, asked.deadline, asked.state, asked.suspended, asked.reason) made;
  end loop;
end $$;
