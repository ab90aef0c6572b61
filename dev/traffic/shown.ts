import type { ShownBet } from '../../bet-maker/test/bet-app.ts'

export type { ShownBet }

/** The parts of the services' answers that are checked. Comparing finds missing or wrong fields. */
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

/** `12.50` as 1250; undefined for anything but an amount with two decimals. */
export function toHundredths(text: unknown): bigint | undefined {
  const [, whole, decimals] = /^(0|[1-9]\d*)\.(\d\d)$/.exec(String(text)) ?? []
  return whole === undefined || decimals === undefined ? undefined : BigInt(whole + decimals)
}
