-- What the service may do in line_db: what its statements do and nothing else, table by table and
-- column by column. Applied after the migrations and together with the functions, in one
-- transaction, so that nobody sees half of it. It takes everything back first, and so is the whole
-- truth: what a migration or a function adds stays the owner's alone until it is named here.
-- The role is made by deploy/postgres/roles.sql. Without it, or with it as the owner, all work
-- under one role, and there is nothing to share out.
do $$
begin
  if not exists (select from pg_roles where rolname = 'line_provider')
     or current_user = 'line_provider' then
    return;
  end if;

  execute format('revoke all on database %I from public, line_provider', current_database());
  execute format('grant connect on database %I to line_provider', current_database());
  revoke all on schema public from public, line_provider;
  revoke all on all tables in schema public from public, line_provider;
  revoke all on all sequences in schema public from public, line_provider;
  revoke all on all routines in schema public from public, line_provider;

  grant usage on schema public to line_provider;

  -- Changes: an event is never deleted, and is made without a number.
  grant execute on function change_events(text),
    change_applies(events, integer, bigint, text, boolean, text) to line_provider;
  grant select on events to line_provider;
  grant insert (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
                changed_at) on events to line_provider;
  grant update (coefficient_hundredths, deadline, state, suspended, version, reason, changed_at)
    on events to line_provider;

  -- Numbering: which feed this is, and where its versions begin, is not the service's to change.
  grant execute on function number_changes() to line_provider;
  grant update (seq) on events to line_provider;
  grant select, update (last_seq) on feed to line_provider;

  -- The relay.
  grant select, update (holder, lease_until, published_seq) on relay_lease to line_provider;
end $$;
