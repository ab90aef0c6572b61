import { MOST_BETS } from './bettor.ts'
import type { Facts } from './facts.ts'
import type { Findings } from './findings.ts'
import { type Paint, showAmount, showCount, showMs } from './text.ts'

const MOST_SHOWN = 20
const LABEL_WIDTH = 26
const VALUE_WIDTH = 16

export interface Closing {
  facts: Facts
  findings: Findings
  /** How long after a change bets were still taken by what had been before. */
  oldestPriceMs: number
  interrupted: boolean
}

/** The last screen of a run. */
export function closingLines(
  { facts, findings, oldestPriceMs, interrupted }: Closing,
  paint: Paint,
): string[] {
  const { events, bets, money, latency, outages, reconciled } = facts
  const rows: (readonly [label: string, value: string, note?: string] | undefined)[] = [
    [
      'events',
      showCount(events.open + events.suspended + events.ended),
      `${showCount(events.changes)} changes of the line`,
    ],
    [
      'bets',
      showCount(bets.taken),
      bets.taken < MOST_BETS
        ? `${showCount(Math.round(bets.taken / Math.min(facts.seconds, facts.elapsedS)))} a second`
        : 'no more can be remembered',
    ],
    ['  at a new price', showCount(facts.atNewPrice), 'after ODDS_CHANGED'],
    ['  refused', showCount(bets.refused), 'price moved, suspended, over'],
    ['  double clicks', showCount(bets.doubleClicks), 'each stayed one bet'],
    ['  repeated later', showCount(bets.repeats), 'each the same bet'],
    ['  tried again', showCount(bets.retries), 'busy or no answer, same key'],
    ['  given up, asked later', showCount(bets.unknown), 'outcome found out by key'],
    [
      'corrections',
      showCount(events.corrections),
      interrupted ? '' : `moved ${showCount(reconciled.moved)} bets again`,
    ],
    undefined,
    ['turnover', showAmount(money.turnover)],
    ['paid out', showAmount(money.payouts)],
    ['still pending', showAmount(money.pending)],
    ['house', showAmount(money.result), share(money)],
    undefined,
    [
      'a bet took',
      showMs(latency.bets.p50Ms),
      `p99 ${showMs(latency.bets.p99Ms)}, worst ${showMs(latency.bets.worstMs)}`,
    ],
    [
      'a change took',
      showMs(latency.changes.p50Ms),
      `p99 ${showMs(latency.changes.p99Ms)}, worst ${showMs(latency.changes.worstMs)}`,
    ],
    ['old price taken for', showMs(oldestPriceMs), 'after its change was answered, at most'],
    [
      'no bet went through',
      showMs(outages.betsMs),
      outages.count === 0 ? 'without interruption' : `longest of ${showCount(outages.count)}`,
    ],
    [
      'no change went through',
      showMs(outages.changesMs),
      outages.changesMs === 0 ? 'without interruption' : 'longest',
    ],
    [
      'answers',
      '',
      facts.answers.map(([name, count]) => `${name} × ${showCount(count)}`).join(', '),
    ],
    undefined,
    [
      'read back',
      showCount(reconciled.bets),
      `bets, and ${showCount(reconciled.histories)} of their histories`,
    ],
  ]
  return [
    '',
    paint('title', `Match day ${facts.run}, seed ${facts.seed}, ${facts.seconds} s`),
    '',
    ...rows.map((row) => (row === undefined ? '' : showRow(row, paint))),
    '',
    ...verdict(findings, interrupted, facts, paint),
  ]
}

function showRow(
  [label, value, note = '']: readonly [string, string, string?],
  paint: Paint,
): string {
  const shown = value === '' ? paint('bold', value) : paint('bold', value.padStart(VALUE_WIDTH))
  return `  ${label.padEnd(LABEL_WIDTH)}${shown}  ${paint('dim', note)}`.trimEnd()
}

function share({ turnover, pending, result }: Facts['money']): string {
  const settled = turnover - pending
  return settled === 0n ? '' : `${showAmount((result * 10_000n) / settled)} % of what was settled`
}

function verdict(
  findings: Findings,
  interrupted: boolean,
  { seed }: Facts,
  paint: Paint,
): string[] {
  const shown = findings.texts.slice(0, MOST_SHOWN)
  const more = findings.count - shown.length
  const off =
    findings.count === 0
      ? []
      : [
          ...shown.map((text) => `  ${paint('bad', '✗')} ${text}`),
          ...(more > 0 ? [`    and ${showCount(more)} more`] : []),
          '',
          paint('bad', `  ${showCount(findings.count)} off. Run it again with --seed ${seed}.`),
        ]
  if (interrupted)
    return [...off, '  Interrupted: nothing was read back; events of this run may still be open.']
  return findings.count === 0 ? [paint('good', '  ✓ every cent accounted for')] : off
}
