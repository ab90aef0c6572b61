import { startSystem } from '../e2e/system.ts'
import { expectLedgerAddsUp, openAccounts } from './accounts.ts'
import type { Figure, Measurement, Progress } from './figure.ts'
import { openEvents } from './line.ts'
import { EVENTS, placeFor, ROUNDS } from './placing.ts'
import { betMakerOf } from './stored.ts'

export const ACCOUNTS = 100_000
/** More than all loads together stake, even on one account. */
export const CENTS_EACH = 100_000_000_000
const SECONDS = 3

export const placingAccountsFigures: Figure[] = [
  {
    id: 'place-account',
    figure: `POST /bet, paid by one of ${ACCOUNTS.toLocaleString('en')} accounts at random`,
    limit: 'the same without accounts',
    unit: 'bets/s',
    target: { atLeast: 0.65 },
  },
  {
    id: 'place-one-account',
    figure: 'POST /bet, all paid by one account',
    limit: 'the same without accounts',
    unit: 'bets/s',
    target: { atLeast: 0.5 },
  },
]

/** Bets per second that accounts pay for, compared with bets without accounts. */
export async function measurePlacingAccounts(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const bets = betMakerOf(system)
  try {
    await openEvents(system, 'bench', EVENTS)
    await openAccounts(bets.databaseUrl, 'bench', ACCOUNTS, CENTS_EACH)
    const place: number[] = []
    const many: number[] = []
    const one: number[] = []
    for (const accounts of [0, ACCOUNTS, 1]) await placeFor(bets, SECONDS, EVENTS, accounts)
    for (let round = 1; round <= ROUNDS; round++) {
      place.push(await placeFor(bets, SECONDS, EVENTS))
      many.push(await placeFor(bets, SECONDS, EVENTS, ACCOUNTS))
      one.push(await placeFor(bets, SECONDS, EVENTS, 1))
      const seen = [place, many, one].map((rates) => Math.round(rates.at(-1) ?? 0)).join(', ')
      progress(`round ${round} of ${ROUNDS}: ${seen} bets/s`)
    }
    await expectLedgerAddsUp(bets.databaseUrl)
    progress('the ledger adds up')
    return {
      samples: {
        'place-account': { figure: many, limit: place },
        'place-one-account': { figure: one, limit: place },
      },
    }
  } finally {
    await system.stop()
  }
}
