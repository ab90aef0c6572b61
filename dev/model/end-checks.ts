import type { BetRow } from '@bets/bet-maker/src/infrastructure/bet-rows.ts'
import { checkLedger } from '@bets/bet-maker/src/infrastructure/ledger-check.ts'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import { inLanes } from '../testing/in-lanes.ts'
import { judgeBet, judgeHistory } from '../traffic/judge.ts'
import { ACCOUNTS } from './actions.ts'
import type { AtRest } from './at-rest.ts'
import { type Accepted, checkBet, must } from './bets-ledger.ts'
import { isShown } from './line-ledger.ts'
import { type BetState, betStateOf, inDecimals, payoutOf, type Stake } from './model.ts'
import { accountIdOf } from './toward-use-cases.ts'

/** Concurrent requests. */
const AT_ONCE = 8

/** The invariants of faults.md, and every cent. */
export async function checkEnd(run: AtRest, stakes: readonly Stake[]): Promise<void> {
  const deadLetters = await run.deadLetters()
  must(deadLetters.length === 0, 'dead letters', deadLetters)
  for (const event of run.line.versions.keys()) await checkEvent(run, event)
  const rows = await readBets(run)
  await checkRows(run, stakes, rows)
  const stateOf = dueStates(run, rows)
  await inLanes(AT_ONCE, [...run.bets.accepted.values()], (accepted) =>
    checkAccepted(run, accepted, stateOf(accepted)),
  )
  for (const event of run.line.versions.keys()) await checkList(run, event)
  await checkKeys(run, stateOf)
  const sum = rows.reduce((sum, row) => sum + BigInt(row.payout_cents ?? 0), 0n)
  const due = [...run.bets.accepted.values()].reduce(
    (sum, accepted) => sum + (duePayout(accepted, stateOf(accepted)) ?? 0n),
    0n,
  )
  must(sum === due, 'payouts do not add up', { sum, due })
  await checkMoney(run, stateOf)
}

/** Each account holds what was moved in and out, less the stakes, and what its bets pay. */
async function checkMoney(run: AtRest, stateOf: (bet: Accepted) => BetState): Promise<void> {
  const ids = Array.from({ length: ACCOUNTS }, (_, account) => accountIdOf(run.id, account))
  const within = run.lookAtBets`account_id in ${run.lookAtBets(ids)}`
  const transfers = await run.lookAtBets<
    { id: number; account_id: string; kind: string; amount_cents: number }[]
  >`select id, account_id, kind, amount_cents from transfers where ${within}`
  const known = new Set(run.money.made.values())
  for (const { id, account_id, kind, amount_cents } of transfers)
    if (!known.has(id))
      run.money.recover({
        id,
        account: ids.indexOf(account_id),
        kind,
        cents: BigInt(amount_cents),
      })
  must(transfers.length === run.money.made.size, 'a transfer was lost', transfers)
  const held = new Map(
    (
      await run.lookAtBets<{ account_id: string; balance_cents: string }[]>`
        select account_id, balance_cents from accounts where ${within}`
    ).map(({ account_id, balance_cents }) => [account_id, BigInt(balance_cents)]),
  )
  for (const [account, id] of ids.entries()) {
    const moved = [...run.money.made.keys()].filter((move) => move.account === account)
    const bets = [...run.bets.accepted.values()].filter(({ stake }) => stake.account === account)
    must(held.has(id) === moved.length > 0, 'an account without a deposit', id)
    const due =
      moved.reduce((sum, { kind, cents }) => sum + (kind === 'deposit' ? cents : -cents), 0n) +
      bets.reduce((sum, bet) => sum - bet.stake.cents + (duePayout(bet, stateOf(bet)) ?? 0n), 0n)
    must((held.get(id) ?? 0n) === due, 'an account does not add up', { id, due, moved, bets })
  }
  await checkLedger(run.lookAtBets, (rule, faults) => must(faults.length === 0, rule, faults))
}

/** The line, its copy and what was published are what the model says. */
async function checkEvent(run: AtRest, event: number): Promise<void> {
  const latest = run.line.latest(event)
  const shown = await run.lookAtLine(event)
  const [copy] = await run.lookAtBets<
    {
      coefficient_hundredths: number
      deadline: number
      state: EventState
      suspended: boolean
      version: number
      reason: string | null
      owed: boolean
    }[]
  >`
    select *, settled_version < state_version as owed from line_events
    where event_id = ${run.line.idOf(event)}`
  if (latest === undefined)
    return must(shown === undefined && copy === undefined, 'an event without a creation', shown)
  must(shown !== undefined && isShown(latest, shown), 'the line is wrong', { latest, shown })
  must(copy !== undefined && !copy.owed, 'no copy, or still owed', { latest, copy })
  const coefficient = Coefficient.fromHundredths(copy.coefficient_hundredths)
  must(isShown(latest, { ...copy, coefficient }), 'the copy is wrong', { latest, copy })
  must(run.wasPublished(`${run.line.idOf(event)}:${latest.version}`), 'never published', latest)
}

type Row = Pick<BetRow, 'id' | 'event_version' | 'applied_version'> & {
  sum_cents: number
  payout_cents: number | null
  late: boolean
  after_end: boolean
}

async function readBets(run: AtRest): Promise<Row[]> {
  return run.lookAtBets<Row[]>`
    select id, sum_cents, payout_cents, event_version, applied_version,
           coalesce(created_at > void_after and created_at <= void_until, false) as late,
           coalesce(created_at > ended_at, false) as after_end
    from bets join line_events using (event_id)
    where event_id between ${`${run.id}.`} and ${`${run.id}/`} order by id`
}

/** Each accepted bet has one row; each row has a request that was not refused. */
async function checkRows(
  run: AtRest,
  stakes: readonly Stake[],
  rows: readonly Row[],
): Promise<void> {
  for (const row of rows) {
    must(row.applied_version >= row.event_version, 'a bet follows a version before its own', row)
    const stake = stakes.find(({ cents }) => cents === BigInt(row.sum_cents))
    must(stake !== undefined, 'a bet without a request', row)
    if (run.bets.accepted.has(stake.cents)) continue
    const bet = await run.getBet(row.id)
    run.bets.recover(stake, bet, run.line.of(stake.event))
  }
  const ids = new Set(rows.map(({ id }) => id))
  for (const accepted of run.bets.accepted.values())
    must(ids.has(accepted.id), 'a bet was lost', accepted)
  must(rows.length === run.bets.accepted.size, 'a bet exists twice', rows)
}

/**
 * The state that each bet must have: void when it was placed after the end, else by the result.
 * Both databases have one clock here, so no bet from before the end may count as late.
 */
function dueStates(run: AtRest, rows: readonly Row[]) {
  const late = new Set(rows.filter((row) => row.late).map(({ id }) => id))
  const early = rows.filter((row) => row.late && !row.after_end)
  must(early.length === 0, 'void as late, but placed before the end', early)
  return ({ id, stake }: Accepted): BetState =>
    late.has(id) ? 'VOID' : betStateOf(run.line.latest(stake.event)?.state ?? 'NEW')
}

function duePayout({ stake, coefficient }: Accepted, state: BetState): bigint | null {
  return payoutOf(stake.cents, coefficient, state)
}

/**
 * A bet follows the latest version of its event, and its history lists versions of it, each once.
 */
async function checkAccepted(run: AtRest, accepted: Accepted, state: BetState): Promise<void> {
  const { stake, coefficient, version } = accepted
  const bet = await run.getBet(accepted.id)
  const versions = run.line.of(stake.event)
  const expected = { eventId: run.line.idOf(stake.event), cents: stake.cents, coefficient, version }
  const off = [
    ...judgeBet(expected, state, bet),
    ...judgeHistory(expected, (wanted) => versions.find((at) => at.version === wanted), bet),
  ]
  must(off.length === 0 && bet.id === accepted.id, `a bet is wrong: ${off}`, {
    accepted,
    bet,
    versions,
  })
}

/** The pages of an event's bets list each of them, newest first. */
async function checkList(run: AtRest, event: number): Promise<void> {
  const ids: number[] = []
  let below: string | undefined
  do {
    const page = await run.listBets(run.line.idOf(event), below)
    ids.push(...page.items.map(({ id }) => id))
    below = page.next
  } while (below !== undefined)
  const expected = [...run.bets.accepted.values()].filter(({ stake }) => stake.event === event)
  const sorted = expected.map(({ id }) => id).sort((a, b) => b - a)
  must(ids.join() === sorted.join(), 'a list lacks bets', { ids, sorted })
}

/** Each used key returns its bet in its current state, and no unused key was reported as used. */
async function checkKeys(run: AtRest, stateOf: (bet: Accepted) => BetState): Promise<void> {
  const keyed = [...run.bets.accepted.values()].filter(({ stake }) => stake.key !== undefined)
  await inLanes(AT_ONCE, keyed, (accepted) => checkKey(run, accepted, stateOf(accepted)))
  for (const stake of run.bets.keysSaidToBeUsed) {
    const holder = [...run.bets.accepted.values()].find(
      (accepted) => accepted.stake.key === stake.key,
    )
    must(
      holder !== undefined && holder.stake !== stake,
      'an unused key was reported as used',
      stake,
    )
  }
}

async function checkKey(run: AtRest, accepted: Accepted, state: BetState): Promise<void> {
  const { bet, replayed } = await run.place(accepted.stake)
  must(replayed, 'a used key placed another bet', accepted)
  checkBet(bet, accepted)
  const due = duePayout(accepted, state)
  const shown = due === null ? null : inDecimals(due)
  must(bet.payout === shown, 'a replay is out of date', accepted)
}
