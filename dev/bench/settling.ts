import { type System, startSystem } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { eachOf, openEvents } from './line.ts'
import { psql } from './load/psql.ts'
import { EVENTS, placeAt, placeFor, ROUNDS } from './placing.ts'
import { betMakerOf, fillWithBets, newestBet } from './stored.ts'

const BETS = 1_000_000
const MANY_EVENTS = 10_000
const SECONDS = 3
const SETTLED_WITHIN_MS = 120_000

export const settlingFigures: Figure[] = [
  {
    id: 'settle',
    figure: `${BETS.toLocaleString('en')} bets of one event, from PUT to the last one settled`,
    limit: 'one UPDATE of the same rows in psql, HOT',
    unit: 's',
    target: { atMost: 1.5 },
  },
  {
    id: 'place-while-settling',
    figure: 'bets placed on other events while that million is settled',
    limit: 'without settling',
    unit: 'bets/s',
    target: { atLeast: 0.5 },
  },
]

export const settlingManyFigures: Figure[] = [
  {
    id: 'settle-many',
    figure:
      `${MANY_EVENTS.toLocaleString('en')} events with ${BETS / MANY_EVENTS} bets each, ` +
      'until all are settled',
    limit: 'one UPDATE of the same rows in psql, HOT',
    unit: 's',
    target: { atMost: 2 },
  },
]

/** An event with a million bets: its result, and corrections of it. */
export async function measureSettling(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const bets = betMakerOf(system)
  try {
    await openEvents(system, 'settle', 1)
    await openEvents(system, 'bench', EVENTS)
    progress(`storing ${BETS.toLocaleString('en')} bets`)
    await fillWithBets(bets.databaseUrl, BETS, 'settle', 1)
    await placeFor(bets, SECONDS, EVENTS)
    const settle: Samples = { figure: [], limit: [] }
    const placing: Samples = { figure: [], limit: [] }
    let state: 'FINISHED_WIN' | 'FINISHED_LOSE' = 'FINISHED_LOSE'
    const settleNow = () => {
      state = state === 'FINISHED_WIN' ? 'FINISHED_LOSE' : 'FINISHED_WIN'
      return settleAll(system, 'settle', 1, state)
    }
    for (let round = 1; round <= ROUNDS; round++) {
      await psql(bets.databaseUrl, ['-c', 'vacuum bets'])
      settle.figure.push(await settleNow())
      await psql(bets.databaseUrl, ['-c', 'vacuum bets'])
      settle.limit.push(await updateAll(bets.databaseUrl, 'settle-%'))
      placing.limit.push(await placeFor(bets, SECONDS, EVENTS))
      await psql(bets.databaseUrl, ['-c', 'vacuum bets'])

      const before = await newestBet(bets)
      const load = placeAt(bets.betsUrl, Math.ceil((settle.figure.at(-1) ?? 0) * 3), EVENTS)
      const seconds = await settleNow()
      const after = await newestBet(bets)
      placing.figure.push((after - before) / seconds)
      await load
      progress(`round ${round} of ${ROUNDS}: ${(settle.figure.at(-1) ?? 0).toFixed(1)} s`)
    }
    return { samples: { settle, 'place-while-settling': placing } }
  } finally {
    await system.stop()
  }
}

/** Many events end while the worker is stopped, so it finds all their messages waiting. */
export async function measureSettlingMany(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const { databaseUrl } = betMakerOf(system)
  try {
    await openEvents(system, 'many', MANY_EVENTS)
    progress(`storing ${BETS.toLocaleString('en')} bets`)
    await fillWithBets(databaseUrl, BETS, 'many', MANY_EVENTS)
    const samples: Samples = { figure: [], limit: [] }
    for (let round = 1; round <= ROUNDS; round++) {
      await psql(databaseUrl, ['-c', 'vacuum bets'])
      samples.figure.push(
        await settleAll(
          system,
          'many',
          MANY_EVENTS,
          round % 2 === 1 ? 'FINISHED_WIN' : 'FINISHED_LOSE',
        ),
      )
      await psql(databaseUrl, ['-c', 'vacuum bets'])
      samples.limit.push(await updateAll(databaseUrl, 'many-%'))
      progress(`round ${round} of ${ROUNDS}: ${(samples.figure.at(-1) ?? 0).toFixed(1)} s`)
    }
    return { samples: { 'settle-many': samples } }
  } finally {
    await system.stop()
  }
}

/**
 * Seconds from the PUT of the result (with many events: from the worker's resumption) until all
 * bets are settled.
 */
export async function settleAll(
  system: System,
  prefix: string,
  events: number,
  state: string,
): Promise<number> {
  const many = events > 1
  if (many) system.worker.kill('SIGSTOP')
  let beganMs = performance.now()
  await eachOf(events, async (n) => {
    const change = { event_id: `${prefix}-${n}`, state, reason: 'measured' }
    const { status } = await system.put(change)
    if (status !== 200) throw new Error(`PUT /event answered ${status}.`)
  })
  if (many) {
    beganMs = performance.now()
    system.worker.kill('SIGCONT')
  }
  await eventually(
    async () => {
      // Looks for one unsettled event instead of counting: repeated counting took a third of a core
      // from the measured system.
      const behind = await system.betSql`
        select from line_events
        where event_id like ${`${prefix}-%`}
          and (state <> ${state} or settled_version < state_version)
        order by event_id desc limit 1`
      if (behind.length > 0) throw new Error('Not all events are settled.')
    },
    { withinMs: SETTLED_WITHIN_MS },
  )
  const seconds = (performance.now() - beganMs) / 1_000
  await expectAllSettled(system, prefix, state === 'FINISHED_WIN' ? 'WIN' : 'LOSE')
  return seconds
}

async function expectAllSettled(system: System, prefix: string, state: string): Promise<void> {
  const behind = `
    select count(*) from bets where event_id like '${prefix}-%' and state <> '${state}'`
  const count = await psql(betMakerOf(system).databaseUrl, ['-A', '-t', '-c', behind])
  if (count.trim() !== '0') throw new Error(`${count.trim()} bets were not settled.`)
}

/** Seconds for one UPDATE, as measured by psql. */
async function updateAll(databaseUrl: string, events: string): Promise<number> {
  const script = `${import.meta.dir}/load/settle.sql`
  const output = await psql(databaseUrl, [
    '-v',
    `events=${events}`,
    '-c',
    '\\timing on',
    '-f',
    script,
  ])
  const rows = Number(/UPDATE (\d+)/.exec(output)?.[1])
  const ms = Number(/Time: ([\d.]+) ms/.exec(output)?.[1])
  if (rows !== BETS || !(ms > 0))
    throw new Error(`psql updated ${rows} of ${BETS} bets:\n${output}`)
  return ms / 1_000
}
