import { Metrics } from '@bets/platform/metrics/metrics'
import { workAsBetMaker } from '../../dev/rights/all-statements.ts'
import { growthSuite } from '../../dev/testing/growth-suite.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { createBetDatabase, type TestDatabase } from '../../dev/testing/test-database.ts'
import { createBetRecords } from '../src/infrastructure/bet-record.repository.ts'
import { createBoardRecords } from '../src/infrastructure/board.repository.ts'
import { meterSettling } from '../src/infrastructure/settling.meter.ts'

type Sql = TestDatabase['sql']

const BETS_PER_EVENT = 3
/** The first events are owed and heard: no more of them, however large the table is. */
const OWED = 20

let number = 0

/** A request for the account of an event's bets, under the key that only its deposit has. */
function transfer(n: number, kind: string) {
  const key = kind === 'deposit' ? `deposit-${n}` : `key-${++number}`
  return { request: ++number, client: 'client', account_id: `a-${n}`, kind, amount_cents: 900, key }
}

growthSuite({
  async create() {
    const database = await createBetDatabase()
    await database.sql`update feed_position set fresh_at = clock_timestamp()`
    return database
  },

  async grow(sql, from, to) {
    await sql`
      insert into line_events (event_id, coefficient_hundredths, deadline, state, suspended,
                               version, state_version, settled_version, applied_at, heard)
      select 'e-' || n, 150, ${FAR_DEADLINE}::bigint, 'NEW', false, 1, 1,
             case when n > ${OWED}::integer then 1 else 0 end, now(), n <= ${OWED}::integer
      from generate_series(${from}::integer, ${to}::integer) n`
    const deposits = Array.from({ length: to - from + 1 }, (_, n) => transfer(from + n, 'deposit'))
    await sql`select * from make_transfers(${JSON.stringify(deposits)}::text)`
    // The first all on one event: by the statistics, every bet is on the requested event.
    await sql`
      insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                        state, created_at, client, account_id, idempotency_key, accept_odds)
      select 'e-' || (case when ${from}::integer = 1 then 1 else n end), 100, 150, 1, 1,
             'PENDING', now(), 'client', 'a-' || n, n || '-' || nth, 'any'
      from generate_series(${from}::integer, ${to}::integer) n,
           generate_series(1, ${BETS_PER_EVENT}::integer) nth`
  },

  functions(sql, numbers) {
    const ids = numbers.map((n) => `e-${n}`)
    const each = (more: (event_id: string, n: number) => object) =>
      JSON.stringify(ids.map((event_id, n) => ({ event_id, ...more(event_id, n) })))
    const changes = (more: object) =>
      each(() => ({
        coefficient_hundredths: 150,
        deadline: FAR_DEADLINE,
        state: 'NEW',
        suspended: false,
        version: 1,
        ...more,
      }))
    const newTransfers = (kind: string) =>
      JSON.stringify(
        numbers.flatMap((n) => [
          transfer(n, kind),
          { ...transfer(n, 'deposit'), account_id: `new-${n}` },
          { ...transfer(n, kind), key: `deposit-${n}` },
        ]),
      )
    const known = numbers.map((n, request) => {
      return { request, event_id: `e-${n}`, client: 'client', key: `${n}-1` }
    })
    const newBets = (more: (n: number) => object) =>
      each((_, request) => {
        const bet = { sum_cents: 100, accept_odds: 'any', client: 'client' }
        return { ...bet, request, key: `k-${++number}`, ...more(numbers[request] as number) }
      })
    const plain = newBets(() => ({}))
    const charged = newBets((n) => ({ account_id: `a-${n}` }))
    const unknown = ids.map((id) => ({ ...JSON.parse(changes({}))[0], event_id: `new-${id}` }))
    const ended = { version: 2, state: 'CANCELLED', ended_at: '2026-01-01T00:00:00Z' }
    const won = { ...ended, state: 'FINISHED_WIN' }
    const versions = each(() => ({ state_version: 1, database: 0 }))
    const list = JSON.stringify(ids)
    const rows = ids.length
    return {
      place_bets: [rows, () => sql`select * from place_bets(${plain}::text, 3600000)`],
      'place_bets from accounts': [
        3 * rows,
        () => sql`select * from place_bets(${charged}::text, 3600000)`,
      ],
      make_transfers: [
        3 * rows,
        () => sql`select * from make_transfers(${newTransfers('deposit')}::text)`,
      ],
      'make_transfers out': [
        3 * rows,
        () => sql`select * from make_transfers(${newTransfers('withdrawal')}::text)`,
      ],
      explain_transfers: [
        3 * rows,
        () => sql`select * from explain_transfers(${newTransfers('withdrawal')}::text)`,
      ],
      explain_refusals: [
        rows,
        () => sql`select * from explain_refusals(${JSON.stringify(known)}::text, 3600000)`,
      ],
      explain_bets: [
        rows,
        () => sql`select * from explain_bets(${JSON.stringify(known)}::text, 3600000)`,
      ],
      apply_line_events: [
        rows,
        () => sql`select * from apply_line_events(${changes(ended)}::text)`,
      ],
      learn_events: [rows, () => sql`select * from learn_events(${changes(ended)}::text)`],
      'take_events of the same': [
        rows,
        () => sql`select * from take_events(${changes({})}::text, clock_timestamp())`,
      ],
      'take_events of other': [
        rows,
        () => sql`select * from take_events(${changes(ended)}::text, 'infinity')`,
      ],
      'take_events of unknown': [
        rows,
        () => sql`select * from take_events(${JSON.stringify(unknown)}::text, 'infinity')`,
      ],
      'settle_chunk of accounts': [
        3 * rows,
        async () => {
          await sql`select * from apply_line_events(${changes(won)}::text)`
          await sql`select * from settle_chunk(${list}::text, '', 0, ${rows}::integer)`
        },
      ],
      settle_chunk: [
        rows,
        () => sql`select * from settle_chunk(${list}::text, '', 0, ${rows}::integer)`,
      ],
      finish_settling: [
        rows,
        () => sql`
          select * from finish_settling(
            replace(${versions}::text, '"database":0', '"database":' || this_database()))`,
      ],
      mark_listed: [rows, () => sql`select mark_listed(clock_timestamp(), ${list}::text)`],
      suspend_unlisted: [
        5_000,
        () => sql`select suspend_unlisted((select pass from feed_position), 'infinity', '', 5000)`,
      ],
    }
  },

  statements(sql, numbers) {
    const records = createBetRecords(sql)
    const lists = (client: string, eventId?: string) => async () => {
      for (const state of [undefined, 'WIN' as const])
        await records.list({ client, state, eventId }, undefined, 100)
    }
    return {
      // Among them a chunk of suspendUnlisted.
      'each statement once': [800, () => workAsBetMaker(sql, sql)],
      'lists of all bets': [20_000, lists('')],
      'lists of a client': [20_000, lists('client')],
      'lists of the largest event': [20_000, lists('client', 'e-1')],
      'lists of an event': [100, lists('client', `e-${numbers.at(-1)}`)],
      board: [5_000, () => createBoardRecords(sql).latest()],
      metrics: [OWED, () => metricsOf(sql)],
    }
  },
})

async function metricsOf(sql: Sql): Promise<void> {
  const metrics = new Metrics()
  meterSettling(metrics, sql, async () => ({ events: 0, bets: 0 }))
  await metrics.text()
}
