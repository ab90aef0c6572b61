import { startSystem } from '../e2e/system.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { pgbench } from './load/pgbench.ts'
import { wrk } from './load/wrk.ts'
import { startNothing } from './nothing.ts'
import { EVENTS, ROUNDS } from './placing.ts'
import { betMakerOf, fillWithBets } from './stored.ts'

const CONNECTIONS = 64
const SECONDS = 2
const STORED = 100_000

export const readingFigures: Figure[] = [
  {
    id: 'bets-page',
    figure: `GET /bets?limit=100, ${CONNECTIONS} connections`,
    limit: 'pgbench running the same query, 2 clients',
    unit: 'requests/s',
    target: { atLeast: 0.6 },
  },
  {
    id: 'events',
    figure: `GET /events of bet-maker, ${EVENTS} open events, ${CONNECTIONS} connections`,
    limit: 'Elysia answering the same bytes from a constant',
    unit: 'requests/s',
    target: { atLeast: 0.7 },
  },
]

/** Pages of bets and the list of open events. */
export async function measureReading(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const { betsUrl, databaseUrl } = betMakerOf(system)
  await openEvents(system, 'bench', EVENTS)
  await fillWithBets(databaseUrl, STORED, 'bench', EVENTS)
  const eventsUrl = `${betsUrl}/events`
  const nothing = await startNothing(eventsUrl)
  const load = { connections: CONNECTIONS, seconds: SECONDS }
  const perSecond = async (url: string) => (await wrk(url, load)).perSecond
  try {
    const page: Samples = { figure: [], limit: [] }
    const events: Samples = { figure: [], limit: [] }
    for (const url of [`${betsUrl}/bets?limit=100`, eventsUrl, nothing.bytesUrl])
      await perSecond(url)
    for (let round = 1; round <= ROUNDS; round++) {
      page.figure.push(await perSecond(`${betsUrl}/bets?limit=100`))
      page.limit.push(
        (await pgbench(databaseUrl, 'bets-page.sql', { clients: 2, seconds: SECONDS })).perSecond,
      )
      events.figure.push(await perSecond(eventsUrl))
      events.limit.push(await perSecond(nothing.bytesUrl))
      progress(`round ${round} of ${ROUNDS}`)
    }
    return { samples: { 'bets-page': page, events } }
  } finally {
    await Promise.all([system.stop(), nothing.stop()])
  }
}
