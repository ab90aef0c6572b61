import type { BetFilter } from '@bets/bet-maker/src/application/ports.ts'
import { createBetRecords } from '@bets/bet-maker/src/infrastructure/bet-record.repository.ts'
import { createBetDatabase, type TestDatabase } from '../testing/test-database.ts'
import { type Measurement, type Note, type Progress, summarize } from './figure.ts'
import { fillWithBets } from './stored.ts'

type Sql = TestDatabase['sql']

const SIZES = [1_000, 5_000_000]
const EVENTS = 100
const CALLS = 15
const LIMIT = 100

/** How long a page of bets takes with few and with many stored bets, and its query plan. */
export async function measureFinding(progress: Progress): Promise<Measurement> {
  const database = await createBetDatabase()
  const notes: Note[] = []
  try {
    let stored = 0
    for (const size of SIZES) {
      await fillWithBets(database.url, size - stored, `find${stored}`, EVENTS)
      stored = size
      progress(`${size.toLocaleString('en')} bets`)
      for (const [name, filter, below] of pagesOf(stored)) {
        const recorded = recording(database.sql)
        const records = createBetRecords(recorded.sql)
        const page = await records.list(filter, below, LIMIT)
        const ms = await medianMs(() => records.list(filter, below, LIMIT))
        const plan = await planOf(database.sql, recorded.last())
        const value = `${ms.toFixed(2)} ms, ${page.items.length} bets; ${plan}`
        notes.push({ what: `${size.toLocaleString('en')} bets, ${name}`, value })
      }
    }
    return { samples: {}, notes }
  } finally {
    await database.drop()
  }
}

function pagesOf(stored: number): [string, BetFilter, string | undefined][] {
  const all = { client: '', state: undefined, eventId: undefined }
  const eventId = `find${stored === SIZES[0] ? 0 : SIZES[0]}-7`
  return [
    ['first page', all, undefined],
    ['a page in the middle', all, String(stored / 2)],
    ['last page', all, String(LIMIT + 1)],
    ['of one event', { ...all, eventId }, undefined],
    ['in a state', { ...all, state: 'PENDING' }, undefined],
    ['in a state that no bet has', { ...all, state: 'WIN' }, undefined],
    ['of one event in a state', { ...all, eventId, state: 'PENDING' }, undefined],
  ]
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let call = 0; call < CALLS; call++) {
    const beganMs = performance.now()
    await work()
    times.push(performance.now() - beganMs)
  }
  return summarize(times).median
}

type Statement = ReturnType<Sql>

/** A client that records its last statement. */
function recording(sql: Sql): { sql: Sql; last(): Statement } {
  let last: Statement | undefined
  const remember = new Proxy(sql, {
    apply(target, self, words) {
      last = Reflect.apply(target, self, words) as Statement
      return last
    },
  })
  return {
    sql: remember,
    last() {
      if (last === undefined) throw new Error('No statement was made.')
      return last
    },
  }
}

/** The scans of bets in the plan of the exact statement that the repository sent. */
async function planOf(sql: Sql, statement: Statement): Promise<string> {
  const lines = await sql<
    { 'QUERY PLAN': string }[]
  >`explain (analyze, costs off, timing off, summary off) ${statement}`
  const scans = lines.map((line) => line['QUERY PLAN']).filter((line) => / on bets\b/.test(line))
  return scans.map((line) => line.replace(/^[\s>-]+/, '').replace(' loops=1', '')).join('; ')
}
