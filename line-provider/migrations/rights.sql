-- What the service may do in line_db: what its statements do and nothing else, table by table and
-- column by column. Applied after the migrations and together with the functions, in one
-- transaction, so that nobody sees half of it. It takes everything back first, and so is the whole
-- truth: what a migration or a function adds stays the owner's alone until it is named here.
-- The service writes no table itself: it calls functions that run with the owner's rights (security
-- definer), so a stolen login can do no more than these allow.
-- The role is made by deploy/postgres/roles.sql. Without it, or with it as the owner, all work
-- under one role, and there is nothing to share out.
do $$
declare
  others text;
  ours regprocedure;
begin
  -- By default everybody may call a function, and some of these have their owner's rights. So this
  -- comes first, with or without the role. An extension's functions are not ours to decide on.
  select 'public' || coalesce(string_agg(', ' || rolname, ''), '') into others
  from pg_roles where rolname = 'line_provider' and rolname <> current_user;
  for ours in
    select oid from pg_proc
    where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
  loop
    execute format('revoke all on routine %s from %s', ours, others);
  end loop;

  if not exists (select from pg_roles where rolname = 'line_provider')
     or current_user = 'line_provider' then
    return;
  end if;

  execute format('revoke all on database %I from public, line_provider', current_database());
  execute format('grant connect on database %I to line_provider', current_database());
  revoke all on schema public from public, line_provider;
  revoke all on all tables in schema public from public, line_provider;
  revoke all on all sequences in schema public from public, line_provider;

  grant usage on schema public to line_provider;

  -- Changes, and their numbers in the feed.
  grant execute on function change_events(text), number_changes() to line_provider;
  grant select on events, feed to line_provider;

  -- The relay.
  grant execute on function hold_relay_lease(text, integer), advance_relay_lease(text, bigint),
    release_relay_lease(text) to line_provider;
  grant select on relay_lease to line_provider;
end $$;
