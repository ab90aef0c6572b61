-- What the services may do in bet_db: what their statements do and nothing else, table by table and
-- column by column. Applied after the migrations and together with the functions, in one
-- transaction, so that nobody sees half of it. It takes everything back first, and so is the whole
-- truth: what a migration or a function adds stays the owner's alone until it is named here.
-- No service writes a table itself: it calls functions that run with the owner's rights
-- (security definer), so a stolen login can do no more than these allow.
-- The roles are made by deploy/postgres/roles.sql. Without them, or with one of them as the owner,
-- all work under one role, and there is nothing to share out.
do $$
declare
  services constant text[] := '{bet_maker, bet_worker}';
  others text;
  ours regprocedure;
begin
  -- By default everybody may call a function, and some of these have their owner's rights. So this
  -- comes first, with or without the roles. An extension's functions are not ours to decide on.
  select 'public' || coalesce(string_agg(', ' || rolname, ''), '') into others
  from pg_roles where rolname = any (services) and rolname <> current_user;
  for ours in
    select oid from pg_proc
    where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
  loop
    execute format('revoke all on routine %s from %s', ours, others);
  end loop;

  if (select count(*) from pg_roles where rolname = any (services)) < cardinality(services)
     or current_user = any (services) then
    return;
  end if;

  execute format('revoke all on database %I from public, bet_maker, bet_worker',
                 current_database());
  execute format('grant connect on database %I to bet_maker, bet_worker', current_database());
  revoke all on schema public from public, bet_maker, bet_worker;
  revoke all on all tables in schema public from public, bet_maker, bet_worker;
  revoke all on all sequences in schema public from public, bet_maker, bet_worker;

  grant usage on schema public to bet_maker, bet_worker;

  -- The API places bets, takes in events that the copy does not know, and shows what there is.
  grant execute on function place_bets(text, integer, bigint, bigint), learn_events(text),
    explain_refusals(text, integer), bet_refusal(line_events, integer, text, timestamptz),
    feed_is_fresh(timestamptz, timestamptz, integer) to bet_maker;
  -- For processes of the version before.
  grant execute on function explain_bets(text, integer) to bet_maker;
  -- It moves money into accounts and out of them, and shows what moved.
  grant execute on function make_transfers(text), explain_transfers(text) to bet_maker;
  grant select on accounts, transfers, ledger_entries to bet_maker;
  grant select on bets, line_events, state_changes to bet_maker;
  grant select (singleton, fresh_at) on feed_position to bet_maker;
  grant execute on function void_reason(timestamptz, timestamptz, timestamptz, timestamptz)
    to bet_maker;

  -- The worker applies changes, syncs the feed, which decides what of them was true …
  grant execute on function apply_line_events(text), take_events(text, timestamptz),
    mark_listed(timestamptz, text), suspend_unlisted(bigint, timestamptz, text, integer),
    raise_version_base(bigint), measure_line_clock(timestamptz, timestamptz),
    complete_feed_sync(bigint, timestamptz, text, timestamptz), start_feed_over(bigint),
    line_offset_within_us(feed_position, timestamptz) to bet_worker;
  grant select on line_events, feed_position to bet_worker;

  -- … and settles. It sees no bets.
  grant execute on function placement_barrier(), await_placements(),
    terminate_stuck_placements(integer), settle_chunk(text, text, bigint, integer),
    finish_settling(text), this_database() to bet_worker;
end $$;
