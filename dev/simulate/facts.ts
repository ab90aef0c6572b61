import type { Day } from './day.ts'
import type { Latencies } from './tally.ts'

/** A snapshot of a run, for display. */
export type Facts = ReturnType<typeof factsOf>

export function factsOf(day: Day) {
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
  const { accepted, refused, doubleClicks, repeats, retries, unknown } = tally
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
    bets: { accepted, refused, doubleClicks, repeats, retries, unknown },
    atNewCoefficient: tally.atNewCoefficient,
    money: moneyOf(day),
    accounts: accountsOf(day),
    answers: [...tally.answers].sort(([, a], [, b]) => b - a),
    latency: {
      bets: timesOf(tally.bets),
      changes: timesOf(tally.changes),
      transfers: timesOf(tally.transfers),
    },
    /** The longest outages for bets and for changes, how many there were, and the current one. */
    outages: {
      betsMs: bets.longestMs,
      changesMs: changes.longestMs,
      count: bets.count,
      nowMs: Math.max(bets.nowMs(), changes.nowMs()),
    },
    feedAgeMs: tally.feedAgeMs,
    reconciled: day.reconciled,
    mismatches: day.findings.count,
  }
}

/** The house profit/loss: stakes on ended events minus their payouts. Open events do not count. */
function moneyOf({ books, tally }: Day) {
  let pending = 0n
  let payouts = 0n
  for (const { payoutCents, stakeCents } of books)
    if (payoutCents === null) pending += stakeCents
    else payouts += payoutCents
  const turnover = tally.turnoverCents
  return { turnover, pending, payouts, profit: turnover - pending - payouts }
}

/**
 * What went in and out of the accounts. What was deposited and is neither withdrawn, nor held, nor
 * staked on open events, is the house's.
 */
function accountsOf({ books, tally, accounts, reconciled }: Day) {
  const { deposits, depositedCents, withdrawals, withdrawnCents, broke, topUps } = tally
  const pending = books.reduce(
    (sum, { payoutCents, accountStakeCents }) =>
      payoutCents === null ? sum + accountStakeCents : sum,
    0n,
  )
  return {
    ...{ deposits, deposited: depositedCents, withdrawals, withdrawn: withdrawnCents },
    ...{ broke, topUps, pending },
    opened: accounts.filter(({ transfers }) => transfers.size > 0).length,
    profit: depositedCents - withdrawnCents - reconciled.balanceCents - pending,
  }
}

function timesOf(times: Latencies) {
  return { p50Ms: times.quantileMs(0.5), p99Ms: times.quantileMs(0.99), worstMs: times.worstMs }
}
