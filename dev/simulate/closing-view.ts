import { MOST_BETS } from './bettor.ts'
import type { Findings } from './day.ts'
import type { Facts } from './facts.ts'
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
  const { events, bets, money, accounts, latency, outages, reconciled } = facts
  const row = (label: string, value: string, note = '') => {
    const shown = paint('bold', value.padStart(value === '' ? 0 : VALUE_WIDTH))
    return `  ${label.padEnd(LABEL_WIDTH)}${shown}  ${paint('dim', note)}`.trimEnd()
  }
  const count = (label: string, number: number, note?: string) =>
    row(label, showCount(number), note)
  const times = (label: string, { p50Ms, p99Ms, worstMs }: Facts['latency']['bets']) =>
    row(label, showMs(p50Ms), `p50; p99 ${showMs(p99Ms)}, worst ${showMs(worstMs)}`)
  const seconds = Math.min(facts.seconds, facts.elapsedS)
  const rate = `${showCount(Math.round(bets.accepted / seconds))} a second`
  const resettled = `${showCount(reconciled.resettled)} bets settled again`
  const interruptions =
    outages.count === 0 ? 'no interruption' : `longest of ${showCount(outages.count)}`
  const answers = facts.answers.map(([name, number]) => `${name} × ${showCount(number)}`)
  const changes = `${showCount(events.changes)} changes of the line`
  return [
    '',
    paint('title', `Match day ${facts.run}, seed ${facts.seed}, ${facts.seconds} s`),
    '',
    count('events', events.open + events.suspended + events.ended, changes),
    count('bets', bets.accepted, bets.accepted < MOST_BETS ? rate : 'the most that a run can keep'),
    count('  at the new coefficient', facts.atNewCoefficient, 'after ODDS_CHANGED'),
    count('  refused', bets.refused, 'coefficient changed, betting closed, too little money'),
    count('  refused for funds', accounts.broke, `${showCount(accounts.topUps)} topped up`),
    count('  double clicks', bets.doubleClicks, 'each created one bet'),
    count('  repeated later', bets.repeats, 'each returned the same bet'),
    count('  retries', bets.retries, 'overloaded or no answer, same key'),
    count('  checked later', bets.unknown, 'outcome looked up by key'),
    count('corrections', events.corrections, interrupted ? '' : resettled),
    '',
    row('turnover', showAmount(money.turnover)),
    row('paid out', showAmount(money.payouts)),
    row('pending stakes', showAmount(money.pending)),
    row('house profit/loss', showAmount(money.profit), share(money)),
    '',
    ...accountRows(facts, row),
    '',
    times('bet latency', latency.bets),
    times('change latency', latency.changes),
    times('transfer latency', latency.transfers),
    row(
      'old coefficient accepted',
      showMs(staleAcceptedMs),
      'at most, after its change was answered',
    ),
    row('no bets accepted', showMs(outages.betsMs), interruptions),
    row(
      'no changes accepted',
      showMs(outages.changesMs),
      outages.changesMs === 0 ? 'no interruption' : 'longest',
    ),
    row('answers', '', answers.join(', ')),
    '',
    count('read back', reconciled.bets, `bets and ${showCount(reconciled.histories)} histories`),
    count('', reconciled.entries, `entries of ${showCount(reconciled.accounts)} accounts`),
    '',
    ...verdict(findings, interrupted, facts, paint),
  ]
}

/** The money in accounts; what they hold is known once it has been read back. */
function accountRows(
  { accounts, reconciled }: Facts,
  row: (label: string, value: string, note?: string) => string,
): string[] {
  const { opened, deposits, deposited, withdrawals, withdrawn, pending, profit } = accounts
  const rows = [
    row('accounts', showCount(opened)),
    row('  deposits', showAmount(deposited), showCount(deposits)),
    row('  withdrawals', showAmount(withdrawn), showCount(withdrawals)),
  ]
  if (reconciled.accounts < opened) return rows
  const below = `held, ${showCount(reconciled.belowZero)} of them below zero`
  return [
    ...rows,
    row('  balances', showAmount(reconciled.balanceCents), below),
    row('  pending stakes', showAmount(pending), 'of these accounts'),
    row('  house profit/loss', showAmount(profit), 'what is left of the deposits'),
  ]
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
  const mismatches = findings.count === 1 ? '1 mismatch' : `${showCount(findings.count)} mismatches`
  const mismatched =
    findings.count === 0
      ? []
      : [
          ...shown.map((text) => `  ${paint('bad', '✗')} ${text}`),
          ...(more > 0 ? [`    and ${showCount(more)} more`] : []),
          '',
          paint('bad', `  ${mismatches}. Repeat the plan with --seed ${seed}.`),
        ]
  const early = '  Interrupted before reconciliation; events of this run may still be open.'
  if (interrupted) return [...mismatched, early]
  return findings.count === 0 ? [paint('good', '  ✓ every cent accounted for')] : mismatched
}
