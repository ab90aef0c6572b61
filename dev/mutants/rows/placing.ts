import type { Mutant } from '../mutant.ts'

export const PLACING: Mutant[] = [
  {
    name: 'placing-at-any-coefficient',
    breaks: 'The coefficient that the bettor saw is not compared when a bet is placed.',
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
        'place_bets places what bet_refusal accepts; explain_refusals explains the rest',
      ],
      ['bet-maker/test/bet.api.test.ts', 'seen 1.50, exact, now 1.49: 409'],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'placing-by-the-clock-before-the-barrier',
    breaks:
      'The clock is read before the placement barrier is held, so deadline and freshness are ' +
      'checked at a time before the wait for settling.',
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
        'a placement that waited for settling is checked at the end of the wait',
      ],
    ],
  },
  {
    name: 'placing-by-a-feed-sync-of-the-future',
    breaks: 'A feed sync that began in the future counts as fresh, though the clock was set back.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/feed_is_fresh.sql',
        replace: `fresh_at between moment - max_age_ms * interval '1 millisecond' and moment`,
        with: `fresh_at >= moment - max_age_ms * interval '1 millisecond'`,
      },
    ],
    noticedBy: [
      ['bet-maker/test/freshness.int.test.ts', 'feed_is_fresh and isFresh judge every age alike'],
      [
        'bet-maker/test/bet-refusal.int.test.ts',
        'place_bets places what bet_refusal accepts; explain_refusals explains the rest',
      ],
    ],
  },
  {
    name: 'placing-in-the-order-of-arrival',
    breaks:
      'The keys of a batch are inserted in the order of arrival, so two batches can deadlock.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `order by n.client collate "C", n.key collate "C"`,
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
    name: 'placing-takes-the-barrier-after-its-snapshot',
    breaks:
      'The placement barrier is taken inside the inserting statement, whose snapshot is then ' +
      'older: a placement that waited for settling still sees the event open.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `  perform pg_advisory_xact_lock_shared(placement_barrier());
`,
        with: ``,
      },
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `return query
  with acceptable as (`,
        with: `return query
  with s as materialized (select pg_advisory_xact_lock_shared(placement_barrier())),
  acceptable as (`,
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
    breaks: 'The deadline is not checked when a bet is placed.',
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
        'place_bets places what bet_refusal accepts; explain_refusals explains the rest',
      ],
      ['bet-maker/test/bet.api.test.ts', 'the deadline is checked by the clock of the database'],
    ],
  },
  {
    name: 'placing-with-nothing-applied',
    breaks:
      'A bet is stored with `applied_version = 0`, as if it owed every state its event ever had.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `greatest(n.version, n.state_version), 'PENDING', moment,`,
        with: `0, 'PENDING', moment,`,
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
      'Freshness is not checked: bets are accepted while the copy of the line may be incomplete.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: `where exists (
  select from feed_position f
  where f.singleton and feed_is_fresh(f.fresh_at, moment, feed_max_age_ms)
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
    name: 'placing-without-the-barrier',
    breaks:
      'Placements do not take the placement barrier, so settling does not wait for them: a bet ' +
      'that commits late is never settled.',
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
        'a running placement holds the barrier: a wait gives up after about 100 ms',
      ],
      [
        'bet-maker/test/settling-barrier.int.test.ts',
        'a bet that commits after its event ended is settled: settling waits for it',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'refusal-a-millisecond-late',
    breaks: 'Betting is still open at the very millisecond of the deadline.',
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
