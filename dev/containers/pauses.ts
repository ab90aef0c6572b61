import type { Answer } from '../e2e/bettors.ts'
import type { ClusterLoad } from './cluster-load.ts'

/** What clients noticed of one thing that was done to the cluster; times in milliseconds. */
export interface Pauses {
  name: string
  /** The longest times without a bet taken and without a change kept. */
  noBetMs: number
  noChangeMs: number
  /** The longest time from the answer to a result until its last bet was settled. */
  settledMs: number
  /**
   * How often a client got something else than a bet, a change or a list, by status and code; 409
   * is a plain refusal.
   */
  refused: Record<string, number>
}

const SUCCESS = new Set([200, 201])

/** Looks at what the load has seen from `fromMs` on, by `performance.now()`. */
export function pausesSince(name: string, fromMs: number, load: ClusterLoad): Pauses {
  const nowMs = performance.now()
  const since = (answers: readonly Answer[]) =>
    answers.filter(({ askedAtMs, ms }) => askedAtMs + ms >= fromMs)
  const refused: Record<string, number> = {}
  for (const { status, code } of [load.bets, load.changes, load.others].flatMap(since)) {
    if (SUCCESS.has(status) || status === 409) continue
    const what = status <= 0 ? 'no answer' : `${status} ${code ?? ''}`.trim()
    refused[what] = (refused[what] ?? 0) + 1
  }
  const settled = load.results
    .filter(({ settledAtMs }) => settledAtMs === undefined || settledAtMs >= fromMs)
    .map(({ atMs, settledAtMs = nowMs }) => settledAtMs - atMs)
  return {
    name,
    noBetMs: longestGap(load.bets, fromMs, nowMs),
    noChangeMs: longestGap(load.changes, fromMs, nowMs),
    settledMs: Math.max(0, ...settled),
    refused,
  }
}

function longestGap(answers: readonly Answer[], fromMs: number, toMs: number): number {
  const times = answers
    .filter(({ status }) => SUCCESS.has(status))
    .map(({ askedAtMs, ms }) => askedAtMs + ms)
    .filter((atMs) => atMs > fromMs)
    .sort((one, other) => one - other)
  let longest = 0
  let lastMs = fromMs
  for (const atMs of [...times, toMs]) {
    longest = Math.max(longest, atMs - lastMs)
    lastMs = atMs
  }
  return longest
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(8)

export function tableOf(rows: readonly Pauses[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const head = `${''.padEnd(width)}    no bet  no change  settled in  refused`
  const lines = rows.map(({ name, noBetMs, noChangeMs, settledMs, refused }) => {
    const counts = Object.entries(refused).map(([what, count]) => `${count} × ${what}`)
    return `${name.padEnd(width)}  ${seconds(noBetMs)}   ${seconds(noChangeMs)}    ${seconds(settledMs)}  ${counts.join(', ') || '-'}`
  })
  return [head, ...lines].join('\n')
}
