-- What the services may do in bet_db: what their statements do and nothing else, table by table and
-- column by column. Applied after the migrations and together with the functions, in one
-- transaction, so that nobody sees half of it. It takes everything back first, and so is the whole
-- truth: what a migration or a function adds stays the owner's alone until it is named here.
-- The roles are made by deploy/postgres/roles.sql. Without them, or with one of them as the owner,
-- all work under one role, and there is nothing to share out.
do $$
declare
  services constant text[] := '{bet_maker, bet_worker}';
begin
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
  revoke all on all routines in schema public from public, bet_maker, bet_worker;

  grant usage on schema public to bet_maker, bet_worker;

  -- The API places bets and shows them. It never changes one.
  grant execute on function placement_barrier(), place_bets(text, integer),
    explain_refusals(text, integer), bet_refusal(line_events, integer, text, timestamptz),
    feed_is_fresh(timestamptz, timestamptz, integer) to bet_maker;
  -- For processes of the version before.
  grant execute on function explain_bets(text, integer) to bet_maker;
  grant select on bets to bet_maker;
  grant insert (id, event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                state, created_at, client, idempotency_key, seen_coefficient_hundredths,
                accept_odds) on bets to bet_maker;
  grant usage on sequence bets_id_seq to bet_maker;
  grant select on line_events, state_changes to bet_maker;
  grant select (singleton, fresh_at, version_base) on feed_position to bet_maker;

  -- Both take in events: the worker what it hears, the API what a bet asks for before the worker
  -- has heard of it.
  grant execute on function version_base_lock(), apply_line_events(text) to bet_maker, bet_worker;
  grant insert (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
                state_version, settled_version, applied_at) on line_events to bet_maker, bet_worker;
  grant update (coefficient_hundredths, deadline, state, suspended, version, reason, state_version,
                applied_at) on line_events to bet_maker, bet_worker;
  grant insert on state_changes to bet_maker, bet_worker;

  -- The worker syncs the feed …
  grant execute on function mark_listed(timestamptz, text),
    suspend_unlisted(bigint, timestamptz, text, integer), raise_version_base(bigint) to bet_worker;
  grant select on line_events, feed_position to bet_worker;
  grant update (listed_at) on line_events to bet_worker;
  grant update (pass, cursor, fresh_at, version_base) on feed_position to bet_worker;

  -- … and settles. It never makes a bet, and sees neither clients nor keys.
  grant execute on function placement_barrier(), await_placements(),
    terminate_stuck_placements(integer), settle_chunk(text, text, bigint, integer),
    finish_settling(text), this_database() to bet_worker;
  grant select (id, event_id, sum_cents, coefficient_hundredths, applied_version) on bets
    to bet_worker;
  grant update (state, payout_cents, settled_at, applied_version) on bets to bet_worker;
  grant update (settled_version) on line_events to bet_worker;
end $$;
