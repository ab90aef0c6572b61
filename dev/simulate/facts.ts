import type { Day, Phase, Reconciled } from './day.ts'
import type { Latencies } from './tally.ts'

/** A run at one moment, for those who look. */
export interface Facts {
  run: string
  seed: number
  phase: Phase
  elapsedS: number
  seconds: number
  events: {
    open: number
    suspended: number
    ended: number
    toCome: number
    corrections: number
    changes: number
  }
  bets: {
    taken: number
    refused: number
    doubleClicks: number
    repeats: number
    retries: number
    unknown: number
  }
  atNewPrice: number
  money: { turnover: bigint; pending: bigint; payouts: bigint; result: bigint }
  answers: readonly (readonly [string, number])[]
  latency: { bets: Times; changes: Times }
  /**
   * The longest time in which no bet, and no change, went through, and how often there was such a
   * time.
   */
  outages: { betsMs: number; changesMs: number; count: number; nowMs: number }
  feedAgeMs: number | null | undefined
  reconciled: Reconciled
  off: number
}

interface Times {
  p50Ms: number
  p99Ms: number
  worstMs: number
}

export function factsOf(day: Day): Facts {
  const { tally, options, books } = day
  const states = books.map(({ latest }) =>
    latest === undefined
      ? 'toCome'
      : latest.state !== 'NEW'
        ? 'ended'
        : latest.suspended
          ? 'suspended'
          : 'open',
  )
  const count = (wanted: string) => states.filter((state) => state === wanted).length
  const { bets, changes } = tally.outages
  return {
    run: day.run,
    seed: options.seed,
    phase: day.phase,
    elapsedS: day.elapsedMs / 1_000,
    seconds: options.seconds,
    events: {
      open: count('open'),
      suspended: count('suspended'),
      ended: count('ended'),
      toCome: count('toCome'),
      corrections: tally.corrections,
      changes: tally.changed,
    },
    bets: {
      taken: tally.taken,
      refused: tally.refused,
      doubleClicks: tally.doubleClicks,
      repeats: tally.repeats,
      retries: tally.retries,
      unknown: tally.unknown,
    },
    atNewPrice: tally.atNewPrice,
    money: moneyOf(day),
    answers: [...tally.answers].sort(([, a], [, b]) => b - a),
    latency: { bets: timesOf(tally.bets), changes: timesOf(tally.changes) },
    outages: {
      betsMs: bets.longestMs,
      changesMs: changes.longestMs,
      count: bets.count,
      nowMs: Math.max(bets.nowMs(), changes.nowMs()),
    },
    feedAgeMs: tally.feedAgeMs,
    reconciled: day.reconciled,
    off: day.findings.count,
  }
}

/**
 * The house's: what was staked on ended events, less what they pay. Open ones may still go either
 * way.
 */
function moneyOf({ books, tally }: Day): Facts['money'] {
  let pending = 0n
  let payouts = 0n
  for (const { payoutCents, stakeCents } of books)
    if (payoutCents === null) pending += stakeCents
    else payouts += payoutCents
  const turnover = tally.turnoverCents
  return { turnover, pending, payouts, result: turnover - pending - payouts }
}

function timesOf(times: Latencies): Times {
  return { p50Ms: times.quantileMs(0.5), p99Ms: times.quantileMs(0.99), worstMs: times.worstMs }
}
