-- PUT /event: inserts or changes one event under its row's lock, leaves it unnumbered, returns it.
-- outcome: created, changed, or kept (nothing differs, or the change is not allowed; the caller tells which from the
-- row). No row: the event is unknown, and what was given does not make a new one.
-- A function, because a plain INSERT … ON CONFLICT fails NOT NULL for a partial body before it sees the conflict.
create function change_event(
  the_event_id text, new_coefficient integer, new_deadline bigint,
  new_state text, new_suspended boolean, new_reason text
) returns table (
  outcome text, event_id text, coefficient_hundredths integer, deadline bigint, state text,
  suspended boolean, version bigint, reason text, changed_at timestamptz
) language plpgsql volatile as $$
#variable_conflict use_column
declare
  was events%rowtype;
  fixed_differ boolean;
  state_differs boolean;
begin
  if new_coefficient is not null and new_deadline is not null and coalesce(new_state, 'NEW') = 'NEW' then
    return query
      insert into events as e
        (event_id, coefficient_hundredths, deadline, state, suspended, version, reason, changed_at)
      select the_event_id, new_coefficient, new_deadline, 'NEW', coalesce(new_suspended, false),
             f.version_base + 1, new_reason, clock_timestamp()
      from feed f
      on conflict (event_id) do nothing
      returning 'created', e.event_id, e.coefficient_hundredths, e.deadline, e.state, e.suspended,
                e.version, e.reason, e.changed_at;
    if found then return; end if;
  end if;

  select * into was from events e where e.event_id = the_event_id for update;
  if not found then return; end if;

  fixed_differ := coalesce(new_coefficient, was.coefficient_hundredths) <> was.coefficient_hundredths
    or coalesce(new_deadline, was.deadline) <> was.deadline
    or coalesce(new_suspended, was.suspended) <> was.suspended;
  state_differs := coalesce(new_state, was.state) <> was.state;

  -- An event that has ended takes only corrections of its state, with a reason.
  if (was.state = 'NEW' and (fixed_differ or state_differs))
     or (was.state <> 'NEW' and state_differs and not fixed_differ and new_reason is not null) then
    return query
      update events e set
        coefficient_hundredths = coalesce(new_coefficient, was.coefficient_hundredths),
        deadline = coalesce(new_deadline, was.deadline),
        state = coalesce(new_state, was.state),
        suspended = coalesce(new_suspended, was.suspended),
        version = was.version + 1,
        reason = new_reason,
        changed_at = clock_timestamp(),
        seq = null
      where e.event_id = the_event_id
      returning 'changed', e.event_id, e.coefficient_hundredths, e.deadline, e.state, e.suspended,
                e.version, e.reason, e.changed_at;
  else
    return query select 'kept', was.event_id, was.coefficient_hundredths, was.deadline, was.state,
                        was.suspended, was.version, was.reason, was.changed_at;
  end if;
end $$;
