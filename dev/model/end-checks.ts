import type { BetRow } from '@bets/bet-maker/src/infrastructure/bet-rows.ts'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import { inLanes } from '../testing/in-lanes.ts'
import { judgeBet, judgeHistory } from '../traffic/judge.ts'
import type { AtRest } from './at-rest.ts'
import { checkBet, must, type Taken } from './bets-ledger.ts'
import { isShown } from './line-ledger.ts'
import { betStateOf, inDecimals, payoutOf, type Stake } from './model.ts'

/** How many questions are asked at once. */
const AT_ONCE = 8

/** The invariants at the top of faults.md, and every cent. */
export async function checkEnd(run: AtRest, stakes: readonly Stake[]): Promise<void> {
  const deadLetters = await run.deadLetters()
  must(deadLetters.length === 0, 'dead letters', deadLetters)
  for (const event of run.line.versions.keys()) await checkEvent(run, event)
  const rows = await readBets(run)
  await checkRows(run, stakes, rows)
  await inLanes(AT_ONCE, [...run.bets.taken.values()], (taken) => checkTaken(run, taken))
  for (const event of run.line.versions.keys()) await checkList(run, event)
  await checkKeys(run)
  const sum = rows.reduce((sum, row) => sum + BigInt(row.payout_cents ?? 0), 0n)
  const due = [...run.bets.taken.values()].reduce(
    (sum, taken) => sum + (duePayout(run, taken) ?? 0n),
    0n,
  )
  must(sum === due, 'payouts do not add up', { sum, due })
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
    return must(shown === undefined && copy === undefined, 'an event from nowhere', shown)
  must(shown !== undefined && isShown(latest, shown), 'the line is wrong', { latest, shown })
  must(copy !== undefined && !copy.owed, 'no copy, or still owed', { latest, copy })
  const coefficient = Coefficient.fromHundredths(copy.coefficient_hundredths)
  must(isShown(latest, { ...copy, coefficient }), 'the copy is wrong', { latest, copy })
  must(run.wasPublished(`${run.line.idOf(event)}:${latest.version}`), 'never published', latest)
}

type Row = Pick<BetRow, 'id' | 'event_version' | 'applied_version'> & {
  sum_cents: number
  payout_cents: number | null
}

async function readBets(run: AtRest): Promise<Row[]> {
  return run.lookAtBets<Row[]>`
    select id, sum_cents, payout_cents, event_version, applied_version from bets
    where event_id between ${`${run.id}.`} and ${`${run.id}/`} order by id`
}

/** Each bet that was taken has one row; each row has a request that was not refused. */
async function checkRows(
  run: AtRest,
  stakes: readonly Stake[],
  rows: readonly Row[],
): Promise<void> {
  for (const row of rows) {
    must(row.applied_version >= row.event_version, 'a bet shows a version before its own', row)
    const stake = stakes.find(({ cents }) => cents === BigInt(row.sum_cents))
    must(stake !== undefined, 'a bet that nobody asked for', row)
    if (run.bets.taken.has(stake.cents)) continue
    const bet = await run.getBet(row.id)
    run.bets.recover(stake, bet, run.line.of(stake.event))
  }
  const ids = new Set(rows.map(({ id }) => id))
  for (const taken of run.bets.taken.values()) must(ids.has(taken.id), 'a bet was lost', taken)
  must(rows.length === run.bets.taken.size, 'a bet exists twice', rows)
}

function duePayout(run: AtRest, { stake, coefficient }: Taken): bigint | null {
  const state = betStateOf(run.line.latest(stake.event)?.state ?? 'NEW')
  return payoutOf(stake.cents, coefficient, state)
}

/**
 * A bet is what its event's latest version means, and its history tells versions that the event has
 * had, each once.
 */
async function checkTaken(run: AtRest, taken: Taken): Promise<void> {
  const { stake, coefficient, version } = taken
  const bet = await run.getBet(taken.id)
  const versions = run.line.of(stake.event)
  const expected = { eventId: run.line.idOf(stake.event), cents: stake.cents, coefficient, version }
  const off = [
    ...judgeBet(expected, betStateOf(versions.at(-1)?.state ?? 'NEW'), bet),
    ...judgeHistory(expected, (wanted) => versions.find((at) => at.version === wanted), bet),
  ]
  must(off.length === 0 && bet.id === taken.id, `a bet is wrong: ${off}`, { taken, bet, versions })
}

/** The list of an event's bets has each of them, newest first, over all its pages. */
async function checkList(run: AtRest, event: number): Promise<void> {
  const ids: number[] = []
  let below: string | undefined
  do {
    const page = await run.listBets(run.line.idOf(event), below)
    ids.push(...page.items.map(({ id }) => id))
    below = page.next
  } while (below !== undefined)
  const expected = [...run.bets.taken.values()].filter(({ stake }) => stake.event === event)
  const sorted = expected.map(({ id }) => id).sort((a, b) => b - a)
  must(ids.join() === sorted.join(), 'a list has not all bets', { ids, sorted })
}

/**
 * Each key that was used answers with its bet as it now is; nobody was told of a key that has none.
 */
async function checkKeys(run: AtRest): Promise<void> {
  const keyed = [...run.bets.taken.values()].filter(({ stake }) => stake.key !== undefined)
  await inLanes(AT_ONCE, keyed, (taken) => checkKey(run, taken))
  for (const stake of run.bets.keysSaidToBeUsed) {
    const holder = [...run.bets.taken.values()].find((taken) => taken.stake.key === stake.key)
    must(
      holder !== undefined && holder.stake !== stake,
      'a key was said to be used and is not',
      stake,
    )
  }
}

async function checkKey(run: AtRest, taken: Taken): Promise<void> {
  const { bet, replayed } = await run.place(taken.stake)
  must(replayed, 'a key is forgotten', taken)
  checkBet(bet, taken)
  const due = duePayout(run, taken)
  const shown = due === null ? null : inDecimals(due)
  must(bet.payout === shown, 'a replay is out of date', taken)
}
