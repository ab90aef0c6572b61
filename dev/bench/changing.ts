import { type System, startSystem } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'
import { publishAndConsume } from './broker-alone.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { wrk } from './load/wrk.ts'
import { EVENTS, ROUNDS } from './placing.ts'

const CONNECTIONS = 64
const SECONDS = 3
const APPLIED_WITHIN_MS = 60_000
const MESSAGES = 10_000

export const changingFigures: Figure[] = [
  {
    id: 'change',
    figure: `PUT /event, ${CONNECTIONS} connections, until applied in bet-maker's copy`,
    limit: 'amqplib alone: confirmed by the same kind of queue, and consumed',
    unit: 'changes/s',
    target: { atLeast: 0.3 },
  },
]

/** Changes per second, from the first PUT until bet-maker's copy has the last change. */
export async function measureChanging(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const brokerUrl = system.env.BROKER_URL as string
  try {
    await openEvents(system, 'bench', EVENTS)
    await changeFor(system, 0)
    await publishAndConsume(brokerUrl, MESSAGES)
    const change: Samples = { figure: [], limit: [] }
    for (let round = 1; round <= ROUNDS; round++) {
      change.figure.push(await changeFor(system, round))
      change.limit.push(await publishAndConsume(brokerUrl, MESSAGES))
      progress(`round ${round} of ${ROUNDS}: ${Math.round(change.figure.at(-1) ?? 0)} changes/s`)
    }
    return { samples: { change } }
  } finally {
    await system.stop()
  }
}

/** Changes per second. */
async function changeFor(system: System, round: number): Promise<number> {
  const { changes, seconds } = await changeUntilApplied(system, round)
  return changes / seconds
}

/**
 * Changes events for a while and waits until the copy has the last change. `run` must be unique.
 */
export async function changeUntilApplied(
  { lineUrl, lineSql, betSql }: System,
  run: number,
): Promise<{ changes: number; seconds: number }> {
  const versionsIn = async (sql: System['lineSql'], table: string) => {
    const [row] = await sql<
      [{ versions: number }]
    >`select sum(version)::bigint as versions from ${sql(table)}`
    return row.versions
  }
  const before = await versionsIn(lineSql, 'events')
  const beganMs = performance.now()
  const { requests } = await wrk(`${lineUrl}/event`, {
    connections: CONNECTIONS,
    seconds: SECONDS,
    script: 'change.lua',
    args: [run, EVENTS],
  })
  const changes = (await versionsIn(lineSql, 'events')) - before
  if (changes < requests || changes > requests + CONNECTIONS)
    throw new Error(`${requests} changes were answered, but ${changes} were made.`)
  await eventually(
    async () => {
      if ((await versionsIn(betSql, 'line_events')) < before + changes)
        throw new Error('The copy is behind.')
    },
    { withinMs: APPLIED_WITHIN_MS },
  )
  return { changes, seconds: (performance.now() - beganMs) / 1_000 }
}
