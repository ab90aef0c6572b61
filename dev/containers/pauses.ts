import { longestGapMs } from '../traffic/answered.ts'
import type { Traffic } from '../traffic/traffic.ts'
import type { Result } from './settling-watch.ts'

/** What clients noticed of one action on the cluster; times in milliseconds. */
export interface Pauses {
  name: string
  /** The longest times without an accepted bet and without an accepted change. */
  noBetMs: number
  noChangeMs: number
  /** The longest time from a result's answer to its last settled bet. */
  settledMs: number
  /** The number of answers that a healthy system does not give, by status and code. */
  refused: Record<string, number>
}

/** Evaluates the traffic since `fromMs`, by `performance.now()`. */
export function pausesSince(
  name: string,
  fromMs: number,
  traffic: Traffic,
  results: readonly Result[],
): Pauses {
  const nowMs = performance.now()
  const settled = results
    .filter(({ settledAtMs }) => settledAtMs === undefined || settledAtMs >= fromMs)
    .map(({ atMs, settledAtMs = nowMs }) => settledAtMs - atMs)
  return {
    name,
    noBetMs: longestGapMs(traffic.bets, fromMs, nowMs),
    noChangeMs: longestGapMs(traffic.changes, fromMs, nowMs),
    settledMs: Math.max(0, ...settled),
    refused: traffic.improper(fromMs),
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(8)

export function tableOf(rows: readonly Pauses[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const head = `${''.padEnd(width)}    no bet  no change  settled in  refused`
  const lines = rows.map(({ name, noBetMs, noChangeMs, settledMs, refused }) => {
    const times = `${seconds(noBetMs)}   ${seconds(noChangeMs)}    ${seconds(settledMs)}`
    const counts = Object.entries(refused).map(([what, count]) => `${count} × ${what}`)
    return `${name.padEnd(width)}  ${times}  ${counts.join(', ') || '-'}`
  })
  return [head, ...lines].join('\n')
}
