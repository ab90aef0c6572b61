import type { Facts } from './facts.ts'
import {
  type Cell,
  flow,
  INDENT,
  type Paint,
  progressBar,
  showAmount,
  showClock,
  showCount,
  showMs,
  sparkline,
} from './text.ts'

/** Half of the default limit at which bets are refused. */
const FEED_IS_OLD_MS = 10_000
const MOST_ANSWERS = 8
const CHART_WIDTH = 30

/** The screen during a run; `perSecond` are the bets accepted in each second so far. */
export function liveLines(
  facts: Facts,
  perSecond: readonly number[],
  width: number,
  paint: Paint,
): string[] {
  const { events, bets, money, accounts, latency, outages, feedAgeMs } = facts
  const row = (heading: string, cells: readonly Cell[]) => flow(heading, cells, width, paint)
  const leftS = facts.seconds - facts.elapsedS
  const chartWidth = Math.min(CHART_WIDTH, width - INDENT)
  return [
    ...row('MATCH DAY', [
      ['', facts.run],
      ['seed', String(facts.seed)],
      ['', progressBar(facts.elapsedS / facts.seconds, chartWidth)],
      ['', leftS > 0 ? `${showClock(leftS)} left` : showPhase(facts)],
    ]),
    ...row('events', [
      ['open', showCount(events.open)],
      ['suspended', showCount(events.suspended)],
      ['ended', showCount(events.ended)],
      ['to come', showCount(events.toCome)],
      ['changes', showCount(events.changes)],
      ['corrections', showCount(events.corrections)],
    ]),
    ...row('bets', [
      ['accepted', showCount(bets.accepted)],
      ['a second', showCount(perSecond.at(-1) ?? 0)],
      ['', sparkline(perSecond, chartWidth)],
    ]),
    ...row('', [
      ['refused', showCount(bets.refused)],
      ['double clicks', showCount(bets.doubleClicks)],
      ['repeats', showCount(bets.repeats)],
      ['retries', showCount(bets.retries)],
      ['checked later', showCount(bets.unknown)],
    ]),
    ...row('money', [
      ['turnover', showAmount(money.turnover)],
      ['pending', showAmount(money.pending)],
      ['paid', showAmount(money.payouts)],
      ['profit/loss', showAmount(money.profit), money.profit < 0n ? 'bad' : 'good'],
    ]),
    ...row('accounts', [
      ['open', showCount(accounts.opened)],
      ['deposits', showAmount(accounts.deposited)],
      ['withdrawals', showAmount(accounts.withdrawn)],
      ['refused for funds', showCount(accounts.broke)],
    ]),
    ...row(
      'answers',
      facts.answers.slice(0, MOST_ANSWERS).map(([name, count]): Cell => [name, showCount(count)]),
    ),
    ...row('service', [
      ['p50', showMs(latency.bets.p50Ms)],
      ['p99', showMs(latency.bets.p99Ms)],
      ['worst', showMs(latency.bets.worstMs)],
      ['feed age', showFeedAge(feedAgeMs), isOld(feedAgeMs) ? 'bad' : undefined],
      [
        'outage',
        showMs(Math.max(outages.betsMs, outages.nowMs)),
        outages.nowMs > 0 ? 'bad' : undefined,
      ],
      ['mismatches', showCount(facts.mismatches), facts.mismatches > 0 ? 'bad' : 'good'],
    ]),
  ]
}

function showPhase({ phase, reconciled, events, accounts }: Facts): string {
  if (phase !== 'reconciling') return phase
  const all = events.ended + events.open + events.suspended
  if (reconciled.events === all)
    return `reconciling: account ${showCount(reconciled.accounts)} of ${showCount(accounts.opened)}`
  return `reconciling: event ${showCount(reconciled.events)} of ${showCount(all)}`
}

/** The same in one line, for output that is not a terminal. */
export function plainLine(facts: Facts, rate: number): string {
  const { elapsedS, bets, events, money, latency, outages, feedAgeMs, mismatches } = facts
  return [
    `${showClock(elapsedS)} ${showPhase(facts)}`,
    `bets ${showCount(bets.accepted)} (${showCount(rate)}/s)`,
    `refused ${showCount(bets.refused)}`,
    `retries ${showCount(bets.retries)}`,
    `open ${showCount(events.open)}`,
    `turnover ${showAmount(money.turnover)}`,
    `house profit/loss ${showAmount(money.profit)}`,
    `p99 ${showMs(latency.bets.p99Ms)}`,
    `worst ${showMs(latency.bets.worstMs)}`,
    `feed ${showFeedAge(feedAgeMs)}`,
    ...(outages.nowMs > 0 ? [`OUTAGE for ${showMs(outages.nowMs)}`] : []),
    ...(mismatches > 0 ? [`MISMATCHES ${showCount(mismatches)}`] : []),
  ].join('  ')
}

function isOld(feedAgeMs: Facts['feedAgeMs']): boolean {
  return feedAgeMs === null || (feedAgeMs !== undefined && feedAgeMs > FEED_IS_OLD_MS)
}

function showFeedAge(feedAgeMs: Facts['feedAgeMs']): string {
  return feedAgeMs === undefined ? 'unknown' : feedAgeMs === null ? 'none' : showMs(feedAgeMs)
}
