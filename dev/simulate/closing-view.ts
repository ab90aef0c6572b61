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
  /** The longest time after a change that a bet was still accepted at the old version. */
  staleAcceptedMs: number
  interrupted: boolean
}

/** The last screen of a run. */
export function closingLines(
  { facts, findings, staleAcceptedMs, interrupted }: Closing,
  paint: Paint,
): string[] {
  const { events, bets, money, latency, outages, reconciled } = facts
  const perSecond = Math.round(bets.accepted / Math.min(facts.seconds, facts.elapsedS))
  const rows: (readonly [label: string, value: string, note?: string] | undefined)[] = [
    [
      'events',
      showCount(events.open + events.suspended + events.ended),
      `${showCount(events.changes)} changes of the line`,
    ],
    [
      'bets',
      showCount(bets.accepted),
      bets.accepted < MOST_BETS
        ? `${showCount(perSecond)} a second`
        : 'the most that a run can keep',
    ],
    ['  at the new coefficient', showCount(facts.atNewCoefficient), 'after ODDS_CHANGED'],
    ['  refused', showCount(bets.refused), 'coefficient changed, betting closed'],
    ['  double clicks', showCount(bets.doubleClicks), 'each created one bet'],
    ['  repeated later', showCount(bets.repeats), 'each returned the same bet'],
    ['  retries', showCount(bets.retries), 'overloaded or no answer, same key'],
    ['  checked later', showCount(bets.unknown), 'outcome looked up by key'],
    [
      'corrections',
      showCount(events.corrections),
      interrupted ? '' : `${showCount(reconciled.resettled)} bets settled again`,
    ],
    undefined,
    ['turnover', showAmount(money.turnover)],
    ['paid out', showAmount(money.payouts)],
    ['pending stakes', showAmount(money.pending)],
    ['house profit/loss', showAmount(money.profit), share(money)],
    undefined,
    [
      'bet latency',
      showMs(latency.bets.p50Ms),
      `p50; p99 ${showMs(latency.bets.p99Ms)}, worst ${showMs(latency.bets.worstMs)}`,
    ],
    [
      'change latency',
      showMs(latency.changes.p50Ms),
      `p50; p99 ${showMs(latency.changes.p99Ms)}, worst ${showMs(latency.changes.worstMs)}`,
    ],
    ['old coefficient accepted', showMs(staleAcceptedMs), 'at most, after its change was answered'],
    [
      'no bets accepted',
      showMs(outages.betsMs),
      outages.count === 0 ? 'no interruption' : `longest of ${showCount(outages.count)}`,
    ],
    [
      'no changes accepted',
      showMs(outages.changesMs),
      outages.changesMs === 0 ? 'no interruption' : 'longest',
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
      `bets and ${showCount(reconciled.histories)} histories`,
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

function share({ turnover, pending, profit }: Facts['money']): string {
  const settled = turnover - pending
  return settled === 0n ? '' : `${showAmount((profit * 10_000n) / settled)} % of settled stakes`
}

function verdict(
  findings: Findings,
  interrupted: boolean,
  { seed }: Facts,
  paint: Paint,
): string[] {
  const shown = findings.texts.slice(0, MOST_SHOWN)
  const more = findings.count - shown.length
  const mismatched =
    findings.count === 0
      ? []
      : [
          ...shown.map((text) => `  ${paint('bad', '✗')} ${text}`),
          ...(more > 0 ? [`    and ${showCount(more)} more`] : []),
          '',
          paint('bad', `  ${mismatches(findings.count)}. Repeat the plan with --seed ${seed}.`),
        ]
  if (interrupted)
    return [
      ...mismatched,
      '  Interrupted before reconciliation; events of this run may still be open.',
    ]
  return findings.count === 0 ? [paint('good', '  ✓ every cent accounted for')] : mismatched
}

function mismatches(count: number): string {
  return count === 1 ? '1 mismatch' : `${showCount(count)} mismatches`
}
