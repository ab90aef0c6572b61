-- Whether a change does something to an event: something differs, and an event that has ended takes
-- only corrections of its state or its end, with a reason. An end is given only for an event that
-- has ended afterwards. Null stands for what was not given.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function change_applies(
  e events, new_coefficient integer, new_deadline bigint, new_state text, new_suspended boolean,
  new_reason text, new_ended_at timestamptz
) returns boolean language sql immutable as $$
  select case
    when coalesce(new_state, e.state) = 'NEW' and new_ended_at is not null then false
    when e.state = 'NEW' then
      (coalesce(new_coefficient, e.coefficient_hundredths), coalesce(new_deadline, e.deadline),
       coalesce(new_suspended, e.suspended), coalesce(new_state, e.state))
      <> (e.coefficient_hundredths, e.deadline, e.suspended, e.state)
    else
      (coalesce(new_state, e.state), coalesce(new_ended_at, e.ended_at))
        is distinct from (e.state, e.ended_at)
      and new_reason is not null
      and (coalesce(new_coefficient, e.coefficient_hundredths), coalesce(new_deadline, e.deadline),
           coalesce(new_suspended, e.suspended))
          = (e.coefficient_hundredths, e.deadline, e.suspended)
  end
$$;
