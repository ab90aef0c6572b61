/** Statements that a role's service never makes and that must be denied to the role. */

export const LINE_PROVIDER_REFUSED = [
  'delete from events',
  'truncate events',
  ...'coefficient_hundredths deadline state suspended version reason changed_at seq'
    .split(' ')
    .map((column) => `update events set ${column} = ${column}`),
  `update events set event_id = 'other'`,
  `insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version,
     changed_at)
   values ('m', 150, 1, 'NEW', false, 1, now())`,
  'select from events for update',
  'do $$ begin lock table events in access exclusive mode; end $$',
  'insert into feed default values',
  'delete from feed',
  'update feed set feed_id = gen_random_uuid()',
  'update feed set version_base = 0',
  'update feed set last_seq = 0',
  'insert into relay_lease default values',
  'delete from relay_lease',
  ...'singleton holder lease_until published_seq'
    .split(' ')
    .map((column) => `update relay_lease set ${column} = ${column}`),
  'alter table events add column more text',
  'drop function number_changes()',
  `alter function number_changes() set enable_seqscan = on`,
  'set role line_owner',
  `alter role line_owner password 'mine'`,
]

const COLUMNS_OF_LINE_EVENTS = (
  'event_id coefficient_hundredths deadline state suspended version reason state_version ' +
  'settled_version applied_at listed_at'
).split(' ')

/** Money is moved by functions only. */
const MONEY_REFUSED = [
  ...['accounts', 'transfers', 'ledger_entries'].flatMap((table) => [
    `insert into ${table} default values`,
    `select from ${table} for update`,
  ]),
  `select post_entries('{m}', '{anna}', '{deposit}', '{100}', '{1}', '{1}', now())`,
  `select nextval('transfers_id_seq')`,
  `select nextval('ledger_entries_id_seq')`,
]

export const BET_MAKER_REFUSED = [
  ...MONEY_REFUSED,
  'delete from bets',
  'truncate bets',
  ...'state payout_cents settled_at applied_version sum_cents event_id client'
    .split(' ')
    .map((column) => `update bets set ${column} = ${column}`),
  // Backdated, and at a coefficient that the event never had.
  `insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
     state, created_at, client, accept_odds)
   values ('m', 9999999900, 9999999, 1, 1, 'PENDING', now() - interval '1 day', '', 'any')`,
  'select from bets for update',
  'do $$ begin lock table bets in access exclusive mode; end $$',
  `select setval('bets_id_seq', 1)`,
  `select nextval('bets_id_seq')`,
  'delete from line_events',
  'truncate line_events',
  `insert into line_events (event_id, coefficient_hundredths, deadline, state, suspended, version,
     state_version, settled_version, applied_at)
   values ('m', 9999999, 1, 'NEW', false, 1, 1, 1, now())`,
  ...COLUMNS_OF_LINE_EVENTS.map((column) => `update line_events set ${column} = ${column}`),
  `select apply_line_events('[]')`,
  'select raise_version_base(1)',
  `insert into state_changes values ('m', 1, 'NEW', null, now())`,
  'delete from state_changes',
  'update state_changes set at = now()',
  'select pass from feed_position',
  'update feed_position set fresh_at = now()',
  'insert into feed_position default values',
  'delete from feed_position',
  'select measure_line_clock(now(), now())',
  `select complete_feed_sync(0, now(), '', now())`,
  'select start_feed_over(0)',
  `select mark_listed(now(), '[]')`,
  `select suspend_unlisted(1, now(), '', 1)`,
  'select await_placements()',
  'select terminate_stuck_placements(0)',
  `select settle_chunk('[]', '', 0, 1)`,
  `select finish_settling('[]')`,
  'set role bet_owner',
  'set role bet_worker',
  `alter role bet_owner password 'mine'`,
]

export const BET_WORKER_REFUSED = [
  ...MONEY_REFUSED,
  'select from accounts',
  'select from transfers',
  'select from ledger_entries',
  `select make_transfers('[]')`,
  `select explain_transfers('[]')`,
  `insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
     state, created_at, client, accept_odds)
   values ('m', 1, 150, 1, 1, 'PENDING', now(), '', 'any')`,
  'delete from bets',
  'truncate bets',
  ...'id event_id sum_cents coefficient_hundredths event_version created_at client state'
    .split(' ')
    .map((column) => `update bets set ${column} = default`),
  'select id from bets',
  'select client from bets',
  'select idempotency_key from bets',
  'do $$ begin lock table bets in access exclusive mode; end $$',
  `select nextval('bets_id_seq')`,
  `select place_bets('[]', 20000)`,
  `select explain_bets('[]', 20000)`,
  `select explain_refusals('[]', 20000)`,
  `select learn_events('[]')`,
  'delete from line_events',
  'truncate line_events',
  `insert into line_events (event_id, coefficient_hundredths, deadline, state, suspended, version,
     state_version, settled_version, applied_at)
   values ('m', 9999999, 1, 'NEW', false, 1, 1, 1, now())`,
  ...COLUMNS_OF_LINE_EVENTS.map((column) => `update line_events set ${column} = ${column}`),
  'select from state_changes',
  'update state_changes set at = now()',
  'delete from state_changes',
  'insert into feed_position default values',
  'delete from feed_position',
  ...'singleton pass cursor fresh_at line_time version_base line_offset_us'
    .split(' ')
    .map((column) => `update feed_position set ${column} = ${column}`),
  'set role bet_owner',
  'set role bet_maker',
  `alter role bet_maker password 'mine'`,
]

export const EVERYBODY_REFUSED = [
  'create table planted ()',
  'create temporary table planted ()',
  'create schema planted',
  'create function planted() returns integer language sql as $$ select 1 $$',
  'create role planted',
  'create database planted',
  'select from drizzle.__drizzle_migrations',
  'alter default privileges for role line_owner grant select on tables to public',
  'set session authorization line_owner',
  `select pg_read_file('PG_VERSION')`,
  `copy (select 1) to program 'cat'`,
  `copy (select 1) to '/dev/null'`,
  'select rolpassword from pg_authid',
]
