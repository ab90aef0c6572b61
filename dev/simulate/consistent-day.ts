import type { ShownBet, ShownBetWithHistory } from '../traffic/shown.ts'
import { EventBook, type Ticket } from './event-book.ts'

/**
 * A small consistent day for tests of the judges: an event that was won, then corrected to a loss,
 * and two bets of one client on it.
 */
export function consistentDay() {
  const book = new EventBook('sim-1.0', 4_102_444_800)
  const version = (number: number, change: Partial<EventBook['versions'][0]>): void => {
    const before = book.latest ?? {
      coefficient: 150n,
      deadlineAhead: true,
      state: 'NEW' as const,
      suspended: false,
      reason: null,
    }
    const times = { sentAtMs: number * 1_000, answeredAtMs: number * 1_000 + 5 }
    book.versions.push({ ...before, reason: null, ...change, version: number, ...times })
  }
  version(1, {})
  version(2, { coefficient: 155n })
  version(3, { suspended: true, reason: 'a penalty' })
  version(4, { suspended: false })
  version(5, { state: 'FINISHED_WIN' })
  version(6, { state: 'FINISHED_LOSE', reason: 'goal disallowed' })
  const ticket = (id: number, cents: number, coefficient: number, at: number): Ticket => {
    const accepted = {
      book,
      client: 0,
      key: `sim-1.0.${id}`,
      cents,
      seen: coefficient,
      acceptOdds: 'exact' as const,
      sentAtMs: at * 1_000 + 100,
      floor: 0,
      wasFirst: true,
      accepted: undefined,
    }
    book.add(accepted, { id, coefficient, version: at })
    return accepted
  }
  const tickets = [ticket(7, 1_250, 150, 1), ticket(9, 333, 155, 4)] as const
  return {
    book,
    tickets,
    listed: LISTED.map((bet) => ({ ...bet })),
    histories: LISTED.map(withHistory),
  }
}

const COMMON = {
  event_id: 'sim-1.0',
  state: 'LOSE' as const,
  payout: '0.00',
  settled_at: '2026-01-31T12:00:09.000Z',
}
const LISTED: readonly ShownBet[] = [
  {
    ...COMMON,
    id: 9,
    sum: '3.33',
    coefficient: '1.55',
    event_version: 4,
    potential_payout: '5.16',
    created_at: '2026-01-31T12:00:04.100Z',
  },
  {
    ...COMMON,
    id: 7,
    sum: '12.50',
    coefficient: '1.50',
    event_version: 1,
    potential_payout: '18.75',
    created_at: '2026-01-31T12:00:01.100Z',
  },
]

function withHistory(bet: ShownBet): ShownBetWithHistory {
  const { event_version, created_at: at } = bet
  return {
    ...bet,
    history: [
      { state: 'PENDING', payout: null, event_version, at, reason: null },
      {
        state: 'WIN',
        payout: bet.potential_payout,
        event_version: 5,
        at: '2026-01-31T12:00:05.000Z',
        reason: null,
      },
      {
        state: 'LOSE',
        payout: '0.00',
        event_version: 6,
        at: '2026-01-31T12:00:06.000Z',
        reason: 'goal disallowed',
      },
    ],
  }
}
