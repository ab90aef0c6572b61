-- Whether a change does something to an event: something differs, and an event that has ended takes
-- only corrections of its state, with a reason. Null stands for what was not given.
-- One expression without settings, so that PostgreSQL makes it part of the statements that ask.
create or replace function change_applies(
  e events, new_coefficient integer, new_deadline bigint, new_state text, new_suspended boolean,
  new_reason text
) returns boolean language sql immutable as $$
  select case
    when e.state = 'NEW' then
      (coalesce(new_coefficient, e.coefficient_hundredths), coalesce(new_deadline, e.deadline),
       coalesce(new_suspended, e.suspended), coalesce(new_state, e.state))
      <> (e.coefficient_hundredths, e.deadline, e.suspended, e.state)
    else
      coalesce(new_state, e.state) <> e.state and new_reason is not null
      and (coalesce(new_coefficient, e.coefficient_hundredths), coalesce(new_deadline, e.deadline),
           coalesce(new_suspended, e.suspended))
          = (e.coefficient_hundredths, e.deadline, e.suspended)
  end
$$;
