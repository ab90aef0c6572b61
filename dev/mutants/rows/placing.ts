import type { Mutant } from '../mutant.ts'

export const PLACING: Mutant[] = [
  {
    name: 'bet-behind-a-key-compared-without-its-price',
    breaks: 'Two requests that differ in the price seen count as the same bet.',
    edits: [
      {
        file: 'bet-maker/src/domain/bet-request.ts',
        replace: `a.seen?.hundredths === b.seen?.hundredths &&`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/idempotency.api.test.ts',
        'the same key with another coefficient is 422 IDEMPOTENCY_KEY_REUSED, and the bet stays',
      ],
    ],
  },
  {
    name: 'bet-behind-a-key-not-compared',
    breaks: 'A used key answers with the bet behind it, whatever was asked for this time.',
    edits: [
      {
        file: 'bet-maker/src/application/place-bet.ts',
        replace: `import { type BetRequest, isSameBet } from '../domain/bet-request.ts'`,
        with: `import type { BetRequest } from '../domain/bet-request.ts'`,
      },
      {
        file: 'bet-maker/src/application/place-bet.ts',
        replace: `  IdempotencyKeyReusedError,
`,
        with: ``,
      },
      {
        file: 'bet-maker/src/application/place-bet.ts',
        replace: `if (!isSameBet(earlier.request, request)) throw new IdempotencyKeyReusedError()`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/idempotency.api.test.ts',
        'the same key with another bet_sum is 422 IDEMPOTENCY_KEY_REUSED, and the bet stays',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'keys-of-all-clients',
    breaks: "Keys belong to nobody: another client's key answers with its bet.",
    edits: [
      {
        file: 'bet-maker/src/presentation/bet.controller.ts',
        replace: `client,`,
        with: `client: key === undefined ? client : '',`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'keys are per client: two clients may use the same key for different bets',
      ],
    ],
  },
  {
    name: 'placing-at-any-price',
    breaks: 'The price that the bettor saw is not compared when a bet is placed.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `and bet_refusal(le, r.seen, r.accept_odds, moment) is null`,
        with: `and bet_refusal(le, r.seen, 'any', moment) is null`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bet-refusal.int.test.ts',
        'place_bets places what bet_refusal does not refuse, and explain_bets tells of the rest',
      ],
      [
        'bet-maker/test/bet.api.test.ts',
        'seen 1.50, accept_odds exact, now 1.49: 409 ODDS_CHANGED with the current coefficient',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'placing-by-the-clock-before-the-lock',
    breaks:
      'The clock is read before the lock is there, so that deadline and freshness are judged by a time before the wait for settling.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `moment timestamptz;`,
        with: `moment timestamptz := clock_timestamp();`,
      },
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `moment := clock_timestamp();`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/placing-lock.int.test.ts',
        'a placement that waited for settling is checked at the time when the wait ended',
      ],
    ],
  },
  {
    name: 'placing-in-the-order-of-arrival',
    breaks:
      'The keys of a batch are inserted as they came, so that two batches can wait for each other in a ring.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `-- Two batches with the same keys take them in the same order, so they never deadlock.
order by n.client collate "C", n.key collate "C"`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/placing-lock.int.test.ts',
        'a batch locks its keys in order: while it waits for one, later keys stay free',
      ],
    ],
  },
  {
    name: 'placing-locks-after-its-snapshot',
    breaks:
      'The lock is taken inside the inserting statement, whose snapshot is then older than the lock: a placement that waited for settling still sees the event open.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `perform pg_advisory_xact_lock_shared(placement_barrier());
-- The clock is read once, after the lock, for deadline, freshness and created_at alike.
moment := clock_timestamp();
return query
with acceptable as (`,
        with: `-- The clock is read once, after the lock, for deadline, freshness and created_at alike.
moment := clock_timestamp();
return query
with s as materialized (select pg_advisory_xact_lock_shared(placement_barrier())), acceptable as (`,
      },
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `-- \`limit 1\` makes the planner look each event up by its key,`,
        with: `cross join s
-- \`limit 1\` makes the planner look each event up by its key,`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/placing-lock.int.test.ts',
        'a placement that waited for settling sees what was committed meanwhile',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'placing-past-the-deadline',
    breaks: 'The deadline is not looked at when a bet is placed.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `and bet_refusal(le, r.seen, r.accept_odds, moment) is null`,
        with: `and bet_refusal(le, r.seen, r.accept_odds, '-infinity') is null`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bet-refusal.int.test.ts',
        'place_bets places what bet_refusal does not refuse, and explain_bets tells of the rest',
      ],
      ['bet-maker/test/bet.api.test.ts', 'the deadline is checked by the clock of the database'],
    ],
  },
  {
    name: 'placing-with-nothing-applied',
    breaks:
      'A bet is stored with `applied_version = 0`, as if it had to follow every state its event ever had.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `select n.id, n.event_id, n.sum_cents, n.coefficient_hundredths, n.version, n.version, 'PENDING', moment,`,
        with: `select n.id, n.event_id, n.sum_cents, n.coefficient_hundredths, n.version, 0, 'PENDING', moment,`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/placing.int.test.ts',
        'a bet is stored with everything a replay compares, and owes nothing at first',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'placing-without-a-fresh-feed',
    breaks:
      'The gate is not looked at: bets are taken although nobody knows whether the copy of the line is complete.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `where exists (
  select from feed_position f
  where f.singleton and f.fresh_at between moment - feed_max_age_ms * interval '1 millisecond' and moment
)`,
        with: `where exists (
  select from feed_position f
  where f.singleton
)`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/placing.int.test.ts',
        'while the feed is stale nothing is placed, and the reason is returned',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'placing-without-the-lock',
    breaks:
      'Placements do not take the advisory lock, so settling waits for none of them: a bet that commits late is left behind.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `perform pg_advisory_xact_lock_shared(placement_barrier());`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling-barrier.int.test.ts',
        'a running placement keeps the barrier closed: a wait gives up after about 100 ms',
      ],
      [
        'bet-maker/test/settling-barrier.int.test.ts',
        'a bet that commits after its event ended is settled, because settling waits for it',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'refusal-a-millisecond-late',
    breaks: 'An event still takes bets at the very millisecond of its deadline.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/bet_refusal.sql',
        replace: `to_timestamp(e.deadline) <= moment`,
        with: `to_timestamp(e.deadline) < moment`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bet-refusal.int.test.ts',
        'bet_refusal gives the first reason that holds, in every case',
      ],
    ],
  },
]
