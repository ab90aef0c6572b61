import type { Mood } from './hostile-broker.ts'
import type { Stake, State } from './model.ts'
import type { Cut } from './process.ts'
import type { Role } from './system.ts'
import type { Turnstile } from './turnstile.ts'

export const EVENTS = 3

/** What a change asks for; a new event gets what it lacks unless `bare`. */
export interface Put {
  kind: 'put'
  on: number
  event: number
  bare: boolean
  change: {
    coefficient?: number
    deadlineAhead?: boolean
    state?: State
    suspended?: boolean
    reason?: string
  }
}

/**
 * A price that the bettor says to have seen: relative to what the line says, so that it often fits.
 */
export type Seen = 'none' | 'same' | 'lower' | 'higher'
export interface Bet {
  kind: 'bet'
  on: number
  event: number
  /** Thousands of cents; the run adds a number that makes each stake unique. */
  thousands: number
  seen: Seen
  acceptOdds: Stake['acceptOdds']
  key: number | undefined
}

/** One step of a run. `on` is which of the two processes of a role. */
export type Action =
  | Put
  | { kind: 'two_puts'; first: Put; second: Put }
  | Bet
  /** The same request again, or another one with its key. */
  | {
      kind: 'again'
      on: number
      which: number
      alter: 'nothing' | 'cents' | 'event' | 'seen' | 'odds'
    }
  | { kind: 'relay' | 'pass' | 'settle'; on: number }
  | { kind: 'deliver'; on: number; picks: number[] }
  | { kind: 'purge' | 'release' | 'age' | 'lease_ends' }
  | { kind: 'mood'; mood: Mood }
  | { kind: 'hold'; at: Turnstile }
  | { kind: 'stepped'; role: Role; on: number; stepped: boolean }
  | { kind: 'step'; role: Role; on: number; times: number }
  | { kind: 'cut'; role: Role; on: number; cut: Cut }
  | { kind: 'kill'; role: Role; on: number }
  /** Started together, with no wait in between. */
  | { kind: 'together'; actions: Action[] }
  /** One after the other: a story that chance alone would tell too seldom. */
  | { kind: 'story'; actions: Action[] }
