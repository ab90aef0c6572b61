import type { Mood } from './hostile-broker.ts'
import type { Stake, State } from './model.ts'
import type { Cut } from './process.ts'
import type { Role } from './system.ts'
import type { Turnstile } from './turnstile.ts'

export const EVENTS = 3
/** The first one is rich, the last one often does not exist at first. */
export const ACCOUNTS = 3

/** A change; unless it is `bare`, what a new event needs is added. */
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

/** The coefficient that the bettor saw, relative to that of the line, so that it often fits. */
export type Seen = 'none' | 'same' | 'lower' | 'higher'
export interface Bet {
  kind: 'bet'
  on: number
  event: number
  /** In thousands of cents; the run adds a number that makes each stake unique. */
  thousands: number
  seen: Seen
  acceptOdds: Stake['acceptOdds']
  account: number | undefined
  key: number | undefined
}

/** A deposit or a withdrawal; its amount is made unique like a stake. */
export interface Transfer {
  kind: 'transfer'
  on: number
  account: number
  way: 'deposit' | 'withdrawal'
  thousands: number
  key: number
}

/** One step of a run. `on` is the index of the process, of the two of its role. */
export type Action =
  | Put
  | { kind: 'two_puts'; first: Put; second: Put }
  | Bet
  | Transfer
  /** The same transfer again. */
  | { kind: 'transfer_again'; on: number; which: number }
  /** The same request again, or another request with the same key. */
  | {
      kind: 'again'
      on: number
      which: number
      alter: 'nothing' | 'cents' | 'event' | 'seen' | 'accept_odds' | 'account'
    }
  | { kind: 'relay' | 'sync' | 'settle'; on: number }
  | { kind: 'deliver'; on: number; picks: number[] }
  | { kind: 'purge' | 'release' | 'age' | 'lease_ends' }
  | { kind: 'mood'; mood: Mood }
  | { kind: 'hold'; at: Turnstile }
  | { kind: 'stepped'; role: Role; on: number; stepped: boolean }
  | { kind: 'step'; role: Role; on: number; times: number }
  | { kind: 'cut'; role: Role; on: number; cut: Cut }
  | { kind: 'kill'; role: Role; on: number }
  /** Started at once, without waiting in between. */
  | { kind: 'together'; actions: Action[] }
  /** In this order: a story that would be too rare by chance. */
  | { kind: 'story'; actions: Action[] }
