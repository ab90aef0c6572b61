import type { ShownBet } from '../../bet-maker/test/bet-app.ts'

export type { ShownBet }

/**
 * What the services show, as far as it is looked at: what is missing or of another kind is found by
 * comparing.
 */
export interface ShownEvent {
  event_id: string
  coefficient: string
  deadline: number
  state: string
  suspended: boolean
  version: number
  reason: string | null
}

export interface ShownEntry {
  state: string
  payout: string | null
  event_version: number
  at: string
  reason: string | null
}

export interface ShownBetWithHistory extends ShownBet {
  history: ShownEntry[]
}

/** `12.50` as 1250; undefined for what is not an amount with two decimals. */
export function toHundredths(text: unknown): bigint | undefined {
  const [, whole, decimals] = /^(0|[1-9]\d*)\.(\d\d)$/.exec(String(text)) ?? []
  return whole === undefined || decimals === undefined ? undefined : BigInt(whole + decimals)
}
