import type { Mutant } from '../mutant.ts'

export const SETTLING: Mutant[] = [
  {
    name: 'payout-in-floating-point',
    breaks: 'Payouts are computed in floating point, which is a cent off for large products.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/settlement.sql',
        replace: `then (sum_cents * coefficient_hundredths + 50) / 100`,
        with: `then floor((sum_cents::float8 * coefficient_hundredths + 50) / 100)::bigint`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'payouts are rounded half up to the cent, from the smallest to the largest',
      ],
    ],
  },
  {
    name: 'payout-rounded-down',
    breaks: 'Payouts lose their fraction of a cent instead of being rounded half up.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/settlement.sql',
        replace: `then (sum_cents * coefficient_hundredths + 50) / 100`,
        with: `then (sum_cents * coefficient_hundredths) / 100`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'payouts are rounded half up to the cent, from the smallest to the largest',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'settling-ends-young-placements',
    breaks: 'When settling is blocked for long it terminates every placement, however young.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/terminate_stuck_placements.sql',
        replace: `and coalesce(a.xact_start, a.state_change)
          < clock_timestamp() - min_ms * interval '1 millisecond'`,
        with: `and min_ms > 0`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling-barrier.int.test.ts',
        'terminates exactly the session that blocks the barrier, and reports it',
      ],
    ],
  },
  {
    name: 'settling-waits-for-an-idle-session',
    breaks: 'A session that holds the placement barrier without a transaction is never ended.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/terminate_stuck_placements.sql',
        replace: `and coalesce(a.xact_start, a.state_change)
          <`,
        with: `and a.xact_start <`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling-barrier.int.test.ts',
        'F39 an idle session that holds the barrier shared is ended',
      ],
    ],
  },
  {
    name: 'settling-forgets-newer-versions',
    breaks:
      'An event counts as settled up to its current version, instead of the one that was read ' +
      'before the wait for placements.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/finish_settling.sql',
        replace: `select le.event_id, g.state_version
from (select * from given order by event_id collate "C") g
join line_events le on le.event_id = g.event_id collate "C"
where le.state_version = g.state_version and le.settled_version < g.state_version`,
        with: `select le.event_id, le.state_version
from (select * from given order by event_id collate "C") g
join line_events le on le.event_id = g.event_id collate "C"
where le.settled_version < le.state_version`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'a state that changes during settling stays owed; bets end by the last state',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'settling-from-the-message',
    breaks:
      'Bets are settled by the first unsettled change of state, instead of the current state of ' +
      'the event.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/settle_chunk.sql',
        replace: `select le.state, le.state_version, le.void_after, le.void_until, le.unknown_until
      from line_events le where le.event_id = r.event_id collate "C" limit 1`,
        with: `select le.state_version, le.void_after, le.void_until, le.unknown_until,
       coalesce((select c.state from state_changes c where c.event_id = le.event_id
                 and c.version > le.settled_version order by c.version limit 1), le.state) as state
from line_events le where le.event_id = r.event_id collate "C" limit 1`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'a state that changes during settling stays owed; bets end by the last state',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'settling-pending-bets-only',
    breaks: 'A settled bet is never settled again: corrections have no effect on it.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/settle_chunk.sql',
        replace: `and b.applied_version < owed.state_version`,
        with: `and b.applied_version < owed.state_version and b.state = 'PENDING'`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'a bet placed after a correction to NEW stays PENDING while older ones follow',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'settling-noted-in-another-database',
    breaks:
      'Settlements owed by a replaced database count as settled in its replacement, whose bets ' +
      'were not settled.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/finish_settling.sql',
        replace: `where e.database = here`,
        with: `where true`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'settlements owed by a replaced database are not settled in its replacement',
      ],
    ],
  },
  {
    name: 'settling-one-chunk-only',
    breaks: 'Settling ends after its first chunk and records the event as settled.',
    edits: [
      {
        file: 'bet-maker/src/application/settle-owed.ts',
        replace: `let after: ChunkPosition = { eventId: '', betId: 0 }
for (;;) {
  stop?.throwIfAborted()
  const chunk = await settleChunk(events, after)
  settled += chunk.settled
  if (!chunk.full || chunk.last === undefined) break
  after = chunk.last`,
        with: `const after: ChunkPosition = { eventId: '', betId: 0 }
for (;;) {
  stop?.throwIfAborted()
  const chunk = await settleChunk(events, after)
  settled += chunk.settled
  break`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling.int.test.ts',
        'in chunks of 7 over many events every bet ends as the domain says',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'settling-reads-versions-after-waiting',
    breaks:
      'Owed settlements are read after the wait for placements: a state that changed in between ' +
      'counts as settled, although placements that saw the previous one may still commit.',
    edits: [
      {
        file: 'bet-maker/src/application/settle-owed.ts',
        replace: `const owed = await settlements.owed()
if (owed.length === 0) return { events: 0, bets: 0 }
await awaitPlacements(stop)`,
        with: `await awaitPlacements(stop)
const owed = await settlements.owed()
if (owed.length === 0) return { events: 0, bets: 0 }`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settle-owed.unit.test.ts',
        'reads the owed settlements, then waits for placements, then settles bets',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'settling-without-waiting',
    breaks: 'Settling does not wait for placements in progress.',
    edits: [
      {
        file: 'bet-maker/src/application/settle-owed.ts',
        replace: `await awaitPlacements(stop)`,
        with: `void awaitPlacements`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/settling-barrier.int.test.ts',
        'a bet that commits after its event ended is settled: settling waits for it',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
]
