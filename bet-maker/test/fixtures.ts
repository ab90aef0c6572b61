import { Bet } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { BetRequest, JudgedEvent, Refusal } from '../src/domain/bet-request.ts'
import type { PlacedBet } from '../src/domain/placed-bet.ts'

export function betRequest(changes: Partial<BetRequest> = {}): BetRequest {
  return {
    eventId: 'm-1',
    sum: BetSum.parse('12.50'),
    seen: undefined,
    acceptOdds: 'any',
    client: '',
    accountId: undefined,
    key: undefined,
    ...changes,
  }
}

/** An event that accepts the bet unless a refusal is given. */
export function judgedEvent(refusal?: Refusal): JudgedEvent {
  return { refusal, coefficient: Coefficient.parse('1.50'), version: 3 }
}

export function placedBet(id = 1): PlacedBet {
  return {
    id,
    eventId: 'm-1',
    accountId: null,
    bet: new Bet(BetSum.parse('12.50'), Coefficient.parse('1.50')),
    eventVersion: 3,
    state: 'PENDING',
    payoutCents: null,
    createdAt: '2026-01-31T12:00:00.000Z',
    settledAt: null,
  }
}

/** Replaces `performance.now` until `restore`, so that tests need not wait for seconds. */
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
