import { startSystem } from '../e2e/system.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { pgbench } from './load/pgbench.ts'
import { wrk } from './load/wrk.ts'
import { startNothing } from './nothing.ts'
import { type BetMaker, betMakerOf, newestBet, storedSince, waitUntilStored } from './stored.ts'

export const EVENTS = 1_000
export const ROUNDS = 5
const CONNECTIONS = 256
const SECONDS = 3
const WARM_UP_SECONDS = 3
const LATENCY_SECONDS = 2
const CLIENTS = [8, 16, 64]
/** The stake of every bet. */
const CENTS = 1_000

export const placingFigures: Figure[] = [
  {
    id: 'place',
    figure: `POST /bet, ${CONNECTIONS} connections, ${EVENTS} events`,
    limit: `pgbench, the same function one bet at a time, best of ${CLIENTS.join('/')} clients`,
    unit: 'bets/s',
    target: { atLeast: 3 },
  },
  {
    id: 'place-http',
    figure: 'the same',
    limit: 'the same route and schemas doing nothing',
    unit: 'bets/s',
    target: { atLeast: 0.35 },
  },
  {
    id: 'place-hot',
    figure: 'the same, all on one event',
    limit: `the same over ${EVENTS} events`,
    unit: 'bets/s',
    target: { atLeast: 0.9 },
  },
  {
    id: 'place-latency',
    figure: 'POST /bet, one connection, p50',
    limit: 'pgbench, one client, the same function, p50',
    unit: 'ms',
    target: { atMost: 1.6 },
  },
]

/** Bets per second through the API, compared with the database, HTTP and single bets. */
export async function measurePlacing(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const nothing = await startNothing()
  const bets = betMakerOf(system)
  try {
    await openEvents(system, 'bench', EVENTS)
    await placeFor(bets, WARM_UP_SECONDS, EVENTS)
    await placeAt(nothing.url, WARM_UP_SECONDS, EVENTS)
    const clients = await bestClients(bets)
    progress(`pgbench is best with ${clients} clients`)
    const place: number[] = []
    const hot: number[] = []
    const oneByOne: number[] = []
    const http: number[] = []
    const latency: Samples = { figure: [], limit: [] }
    for (let round = 1; round <= ROUNDS; round++) {
      place.push(await placeFor(bets, SECONDS, EVENTS))
      oneByOne.push(await placeOneByOne(bets, clients))
      hot.push(await placeFor(bets, SECONDS, 1))
      http.push((await placeAt(nothing.url, SECONDS, EVENTS)).perSecond)
      progress(`round ${round} of ${ROUNDS}: ${Math.round(place.at(-1) ?? 0)} bets/s`)
    }
    // Separate rounds, because a load after seconds of near idleness is slower than one after
    // another.
    const alone = { connections: 1 }
    for (let round = 1; round <= ROUNDS; round++) {
      latency.figure.push((await placeAt(bets.betsUrl, LATENCY_SECONDS, EVENTS, alone)).p50Ms)
      const one = { clients: 1, seconds: LATENCY_SECONDS }
      latency.limit.push((await pgbench(bets.databaseUrl, 'place.sql', one)).p50Ms)
    }
    progress(`${ROUNDS} rounds with one connection`)
    return {
      samples: {
        place: { figure: place, limit: oneByOne },
        'place-http': { figure: place, limit: http },
        'place-hot': { figure: hot, limit: place },
        'place-latency': latency,
      },
    }
  } finally {
    await Promise.all([system.stop(), nothing.stop()])
  }
}

/** Loads an API with bets, each with its own key, paid by `accounts` accounts, or by none. */
export function placeAt(
  url: string,
  seconds: number,
  events: number,
  { connections = CONNECTIONS, accounts = 0 } = {},
) {
  const args = [crypto.randomUUID(), events, accounts]
  return wrk(`${url}/bet`, { connections, seconds, script: 'place.lua', args })
}

/**
 * Bets per second. Checks that each answered bet is stored with its stake, plus at most those still
 * in progress when the load ended.
 */
export async function placeFor(
  bets: BetMaker,
  seconds: number,
  events: number,
  accounts = 0,
): Promise<number> {
  const before = await newestBet(bets)
  const { requests, perSecond } = await placeAt(bets.betsUrl, seconds, events, { accounts })
  await waitUntilStored(bets)
  const stored = await storedSince(bets, before)
  if (stored.bets < requests || stored.bets > requests + CONNECTIONS)
    throw new Error(`${requests} bets were answered, but ${stored.bets} are stored.`)
  if (stored.cents !== stored.bets * CENTS) throw new Error('The stakes do not add up.')
  if (stored.paid !== (accounts > 0 ? stored.bets : 0))
    throw new Error(`Accounts paid for ${stored.paid} of ${stored.bets} bets.`)
  return perSecond
}

async function placeOneByOne(bets: BetMaker, clients: number): Promise<number> {
  const before = await newestBet(bets)
  const { transactions, perSecond } = await pgbench(bets.databaseUrl, 'place.sql', {
    clients,
    seconds: SECONDS,
  })
  const stored = await storedSince(bets, before)
  if (stored.bets !== transactions)
    throw new Error(`pgbench made ${transactions} calls, but ${stored.bets} bets are stored.`)
  return perSecond
}

async function bestClients(bets: BetMaker): Promise<number> {
  const rates = new Map<number, number>()
  for (const clients of CLIENTS) rates.set(await placeOneByOne(bets, clients), clients)
  return rates.get(Math.max(...rates.keys())) as number
}
