import { type System, startSystem } from '../e2e/system.ts'
import { spawnService } from '../services/service-process.ts'
import { createBetDatabase } from '../testing/test-database.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { EVENTS, placeFor, ROUNDS } from './placing.ts'
import { type BetMaker, betMakerOf, fillWithBets } from './stored.ts'

const STORED = 5_000_000
const OLD_EVENTS = 20_000
const SECONDS = 3
/** Nothing listens on this port. */
const NO_BROKER = 'amqp://127.0.0.1:1'

export const placingGrownFigures: Figure[] = [
  {
    id: 'place-grown',
    figure: `POST /bet with ${STORED.toLocaleString('en')} bets stored`,
    limit: 'with no bets stored',
    unit: 'bets/s',
    target: { atLeast: 0.85 },
  },
]

/** Measures two bet-makers alternately, one with many stored bets. */
export async function measurePlacingGrown(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'error' })
  const grown = await startGrown(system, progress)
  const fresh = betMakerOf(system)
  try {
    await openEvents(system, 'bench', EVENTS)
    const samples: Samples = { figure: [], limit: [] }
    for (const bets of [fresh, grown.bets]) await placeFor(bets, SECONDS, EVENTS)
    for (let round = 1; round <= ROUNDS; round++) {
      samples.limit.push(await placeFor(fresh, SECONDS, EVENTS))
      samples.figure.push(await placeFor(grown.bets, SECONDS, EVENTS))
      progress(`round ${round} of ${ROUNDS}`)
    }
    return { samples: { 'place-grown': samples } }
  } finally {
    await system.stop()
    await grown.stop()
  }
}

/**
 * A second bet-maker that is updated by the feed sync only, so that it takes no messages
 * from the first.
 */
async function startGrown(
  system: System,
  progress: Progress,
): Promise<{ bets: BetMaker; stop(): Promise<void> }> {
  const database = await createBetDatabase()
  progress(`storing ${STORED.toLocaleString('en')} bets`)
  await fillWithBets(database.url, STORED, 'old', OLD_EVENTS)
  const env = {
    ...system.env,
    BET_DATABASE_URL: database.url,
    BROKER_URL: NO_BROKER,
    FEED_SYNC_INTERVAL_MS: '500',
  }
  const [worker, api] = await Promise.all([
    spawnService('bet-maker/src/worker.ts', env),
    spawnService('bet-maker/src/main.ts', env),
  ])
  await api.waitReady()
  return {
    bets: { betsUrl: api.url, betSql: database.sql, databaseUrl: database.url },
    async stop() {
      for (const process of [worker, api]) process.kill('SIGKILL')
      await Promise.all([worker.exited, api.exited])
      await database.drop()
    },
  }
}
