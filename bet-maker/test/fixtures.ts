import { Bet } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { BetRequest, KnownEvent } from '../src/domain/bet-request.ts'
import type { PlacedBet } from '../src/domain/placed-bet.ts'

/** A moment at which the event of `knownEvent` is still open, Unix milliseconds. */
export const NOW_MS = 1_000_000

export function betRequest(changes: Partial<BetRequest> = {}): BetRequest {
  return {
    eventId: 'm-1',
    sum: BetSum.parse('12.50'),
    seen: undefined,
    acceptOdds: 'any',
    client: '',
    key: undefined,
    ...changes,
  }
}

export function knownEvent(changes: Partial<KnownEvent> = {}): KnownEvent {
  return {
    coefficient: Coefficient.parse('1.50'),
    deadline: 2_000,
    state: 'NEW',
    suspended: false,
    version: 3,
    ...changes,
  }
}

export function placedBet(id = 1): PlacedBet {
  return {
    id,
    eventId: 'm-1',
    bet: new Bet(BetSum.parse('12.50'), Coefficient.parse('1.50')),
    eventVersion: 3,
    state: 'PENDING',
    payoutCents: null,
    createdAt: '2026-01-31T12:00:00.000Z',
    settledAt: null,
  }
}

/** Stands in for `performance.now` until `restore`: waits of seconds are told to have passed. */
export function fakeClock(): { advance(ms: number): void; restore(): void } {
  const original = performance.now
  let nowMs = 1_000
  performance.now = () => nowMs
  return {
    advance(ms) {
      nowMs += ms
    },
    restore() {
      performance.now = original
    },
  }
}
