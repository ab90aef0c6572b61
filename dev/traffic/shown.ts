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

export interface ShownTransfer {
  id: number
  account_id: string
  kind: 'deposit' | 'withdrawal'
  amount: string
  balance: string
  created_at: string
}

export interface ShownAccount {
  account_id: string
  balance: string
}

/** An entry of an account's statement. */
export interface ShownMovement {
  id: number
  kind: string
  amount: string
  balance: string
  bet_id: number | null
  transfer_id: number | null
  event_version: number | null
}

/** `12.50` as 1250; undefined for anything but an amount with two decimals. */
export function toHundredths(text: unknown): bigint | undefined {
  const [, whole, decimals] = /^(0|[1-9]\d*)\.(\d\d)$/.exec(String(text)) ?? []
  return whole === undefined || decimals === undefined ? undefined : BigInt(whole + decimals)
}

/** The same for an amount that may be negative: `-12.50` as -1250. */
export function toSignedHundredths(text: unknown): bigint | undefined {
  const [, minus, amount] = /^(-?)(.+)$/.exec(String(text)) ?? []
  const hundredths = toHundredths(amount)
  if (hundredths === undefined || minus === '') return hundredths
  return hundredths === 0n ? undefined : -hundredths
}
