import type { ShownBet, ShownBetWithHistory, ShownMovement } from '../traffic/shown.ts'
import { AccountBook, type Transfer } from './account-book.ts'
import { EventBook, shownCents, type Ticket } from './event-book.ts'
import { BET, FIRST_VERSION, ticketOn } from './fake-service.ts'

/**
 * A small consistent day for tests of the judges: an event that was won, then corrected to a loss,
 * and two bets on it from one account, with a deposit before them and a withdrawal after.
 */
export function consistentDay() {
  const book = new EventBook('sim-1.0', 4_102_444_800)
  const account = new AccountBook(0, 'sim-1.0')
  const transfer = (id: number, kind: Transfer['kind'], cents: number, balance: number) =>
    account.transfers.set(id, {
      ...{ account, kind, cents, key: `sim-1.0.${id}`, wasFirst: true },
      made: { id, balance, createdAt: at('00.000') },
    })
  transfer(3, 'deposit', 10_000, 10_000)
  transfer(4, 'withdrawal', 417, 8_000)
  const version = (number: number, change: Partial<EventBook['versions'][0]>): void => {
    const before = book.latest ?? FIRST_VERSION
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
    const key = `sim-1.0.${id}`
    const times = { sentAtMs: at * 1_000 + 100, wasFirst: true }
    const accepted = ticketOn(book, { key, account, cents, seen: coefficient, ...times })
    book.add(accepted, { id, coefficient, version: at })
    return accepted
  }
  const tickets = [ticket(7, 1_250, 150, 1), ticket(9, 333, 155, 4)] as const
  return {
    book,
    account,
    tickets,
    movements: MOVEMENTS.map((movement) => ({ ...movement })),
    listed: LISTED.map((bet) => ({ ...bet })),
    histories: LISTED.map(withHistory),
  }
}

/** A time of day on which both bets were placed and settled. */
const at = (seconds: string) => `2026-01-31T12:00:${seconds}Z`
const LOST = {
  ...BET,
  account_id: 'sim-1.0',
  state: 'LOSE' as const,
  payout: '0.00',
  settled_at: at('09.000'),
}
const LISTED: readonly ShownBet[] = [
  {
    ...LOST,
    id: 9,
    sum: '3.33',
    coefficient: '1.55',
    event_version: 4,
    potential_payout: '5.16',
    created_at: at('04.100'),
  },
  { ...LOST, id: 7, created_at: at('01.100') },
]

type Movement = Partial<ShownMovement> & { kind: string; cents: number }

/** What the account's statement says, oldest first. */
const MOVEMENTS: readonly Movement[] = [
  { kind: 'deposit', cents: 10_000, transfer_id: 3 },
  { kind: 'stake', cents: -1_250, bet_id: 7 },
  { kind: 'stake', cents: -333, bet_id: 9 },
  { kind: 'payout', cents: 1_875, bet_id: 7, event_version: 5 },
  { kind: 'payout', cents: 516, bet_id: 9, event_version: 5 },
  { kind: 'correction', cents: -1_875, bet_id: 7, event_version: 6 },
  { kind: 'correction', cents: -516, bet_id: 9, event_version: 6 },
  { kind: 'withdrawal', cents: -417, transfer_id: 4 },
]

/** The movements as a statement whose balances are right, newest first, and what it ends with. */
export function statementOf(movements: readonly Movement[]) {
  let held = 0
  const entries = movements.map(({ cents, ...movement }, index): ShownMovement => {
    held += cents
    const nothing = { bet_id: null, transfer_id: null, event_version: null }
    const money = { amount: shownCents(cents), balance: shownCents(held) }
    return { id: index + 1, ...nothing, ...money, ...movement }
  })
  return { statement: entries.toReversed(), balance: shownCents(held) }
}

function withHistory(bet: ShownBet): ShownBetWithHistory {
  const { event_version, created_at, potential_payout } = bet
  const won = { state: 'WIN', payout: potential_payout, event_version: 5, reason: null }
  const lost = {
    state: 'LOSE',
    payout: '0.00',
    event_version: 6,
    reason: 'goal disallowed',
  }
  return {
    ...bet,
    history: [
      { state: 'PENDING', payout: null, event_version, at: created_at, reason: null },
      { ...won, at: at('05.000') },
      { ...lost, at: at('06.000') },
    ],
  }
}
