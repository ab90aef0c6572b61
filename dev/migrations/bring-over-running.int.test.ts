import { afterEach, beforeEach, expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { StartError } from '@bets/platform/process/env'
import { urlFor } from '../services/database-roles.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { createOldDatabase } from './before-squash.ts'
import { describeSchema } from './schema.ts'

let old: Awaited<ReturnType<typeof createOldDatabase>>
let other: ReturnType<typeof connectDatabase>

beforeEach(async () => {
  old = await createOldDatabase('bet')
  other = connectDatabase(old.url, { max: 6, applicationName: 'another' })
  await old.sql`update feed_position set fresh_at = clock_timestamp()`
  await apply(other, [{ event_id: 'm-1', version: 1 }])
})
afterEach(async () => {
  await other.end({ timeout: 1 })
  await old.drop()
})

type Sql = typeof other

const apply = (sql: Sql, changes: object[]) => sql`
  select event_id, version, owed from apply_line_events(${JSON.stringify(
    changes.map((change) => ({
      ...{ coefficient_hundredths: 150, deadline: FAR_DEADLINE, state: 'NEW', suspended: false },
      ...change,
    })),
  )}::text)`
let key = 0
const requestsOf = (eventIds: string[]) =>
  JSON.stringify(
    eventIds.map((event_id, request) => ({
      ...{ request, event_id, sum_cents: 1_000, accept_odds: 'any', client: '', key: `${++key}` },
    })),
  )
const place = (sql: Sql, eventId: string) => sql<{ id: number }[]>`
  select * from place_bets(${requestsOf([eventId])}::text, 20000)`
const state = async () => [await old.journal(), await describeSchema(old.sql)]

/** Runs `during` while a transaction has a table open for reading, as a backup has. */
async function whileHolding(
  table: 'bets' | 'line_events',
  during: (holder: Pick<Sql, 'unsafe'>) => Promise<void>,
): Promise<void> {
  const holder = await other.reserve()
  try {
    await holder.unsafe(`begin; lock table ${table} in access share mode`)
    await during(holder)
  } finally {
    await holder.unsafe('rollback')
    holder.release()
  }
}

/** Places bets, several at once, until `work` ends; returns how long the slowest took. */
async function placingDuring(work: Promise<unknown>): Promise<number> {
  let working = true
  let slowestMs = 0
  const placeOn = async () => {
    while (working) {
      const beganMs = performance.now()
      expect(await place(other, 'm-1')).toHaveLength(1)
      slowestMs = Math.max(slowestMs, performance.now() - beganMs)
      await Bun.sleep(5)
    }
  }
  const placing = Promise.all(Array.from({ length: 4 }, placeOn))
  await work
  working = false
  await placing
  return slowestMs
}

test('placements go on while a database is brought over, and none fails', async () => {
  expect(await placingDuring(old.migrate())).toBeLessThan(1_000)
  expect(await old.journal()).toEqual(old.fresh)
})

test('who has locked line_events, the first table of the functions, gets the others', async () => {
  let migrated: Promise<void> | undefined
  await whileHolding('line_events', async (holder) => {
    migrated = old.migrate()
    // Otherwise the two could wait for each other.
    await holder.unsafe(`set local lock_timeout = '20ms'`)
    for (let n = 0; n < 40; n++) {
      await holder.unsafe(
        'savepoint s; select from bets limit 1; select from feed_position limit 1',
      )
      // Lets go of them again.
      await holder.unsafe('rollback to s')
      await Bun.sleep(25)
    }
    expect(await old.journal()).not.toEqual(old.fresh)
  })
  await migrated
  expect(await old.journal()).toEqual(old.fresh)
})

test('a backup that goes on keeps the database as it is, with bets hardly delayed', async () => {
  const before = await state()
  await whileHolding('bets', async () => {
    const refused = old.migrate().catch((error: unknown) => error)
    expect(await placingDuring(refused)).toBeLessThan(1_000)
    expect(await refused).toEqual(
      new StartError(
        'bet_db was not changed: somebody else, such as a backup or a vacuum, keeps its tables ' +
          'locked. Migrate again when that has ended.',
      ),
    )
  })
  expect(await state()).toEqual(before)
  await old.migrate()
  expect(await old.journal()).toEqual(old.fresh)
}, 30_000)

test.each([
  [
    'line_events has rows that violate line_events_coefficient ' +
      '(coefficient_hundredths between 100 and 9999999): 2.',
    `update line_events set coefficient_hundredths = 99`,
    'update line_events set coefficient_hundredths = 150',
  ],
  [
    "bets has rows that violate bets_settled ((state = 'PENDING') = (payout_cents is null) " +
      "and (state = 'PENDING') = (settled_at is null)): 1.",
    'update bets set payout_cents = 0',
    'update bets set payout_cents = null',
  ],
])('nothing is changed when %s', async (sentence, breaking, mending) => {
  await apply(other, [{ event_id: 'm-2', version: 1 }])
  await place(other, 'm-1')
  await old.sql.unsafe(breaking)
  const before = await state()
  await expect(old.migrate()).rejects.toThrow(
    new StartError(`bet_db was not changed: ${sentence} Correct them, then migrate again.`),
  )
  expect(await state()).toEqual(before)
  await old.sql.unsafe(mending)
  await old.migrate()
  expect(await old.journal()).toEqual(old.fresh)
})

test('a run that was stopped halfway is finished by the next', async () => {
  await old.sql`alter table bets add constraint bets_sum check (sum_cents > 0) not valid`
  const fresh = await createOldDatabase('bet')
  try {
    await Promise.all([old.migrate(), fresh.migrate()])
    expect(await describeSchema(old.sql)).toBe(await describeSchema(fresh.sql))
  } finally {
    await fresh.drop()
  }
})

// As in the repositories of the version before, in the roles of its processes.
test('statements of the version before still work, except one that ends a feed sync', async () => {
  await old.migrate()
  const api = connectDatabase(urlFor('bet_maker', old.url), { max: 1, applicationName: 'old' })
  const worker = connectDatabase(urlFor('bet_worker', old.url), { max: 1, applicationName: 'old' })
  try {
    const [{ inserted }] = await api<[{ inserted: [number, number, number, number][] }]>`
      select json_agg(json_build_array(request, id, coefficient_hundredths, event_version))
               as inserted,
             max(created_at) as created_at
      from place_bets(${requestsOf(['m-1', 'none'])}::text, ${20_000}::integer)`
    const id = inserted[0]?.[1]
    expect(inserted).toEqual([[0, expect.any(Number), 150, 1]])
    key -= 2
    const rows = await api`
      select * from explain_bets(${requestsOf(['m-1', 'none'])}::text, ${20_000}::integer)
      order by request`
    const event = { coefficient_hundredths: 150, deadline: FAR_DEADLINE, state: 'NEW', version: 1 }
    expect([...rows]).toEqual([
      {
        ...{ request: 0, fresh: true, now_ms: expect.any(Number), known: true, bet_id: id },
        ...{ ...event, suspended: false },
      },
      {
        ...{ request: 1, fresh: true, now_ms: rows[0]?.now_ms, known: false, bet_id: null },
        ...{ coefficient_hundredths: null, deadline: null, state: null, version: null },
        suspended: null,
      },
    ])
    expect(
      await api`
        select bets.* from json_array_elements_text(${JSON.stringify([id])}::text::json) wanted
        cross join lateral (select * from bets where id = wanted.value::bigint limit 1) bets`,
    ).toHaveLength(1)
    await api`
      select (extract(epoch from clock_timestamp() - fresh_at) * 1000)::double precision as age_ms
      from feed_position`

    const [noted] = await worker`
      select pass, cursor, version_base, clock_timestamp() as began_at from feed_position`
    const { pass, began_at } = noted as { pass: number; began_at: string }
    await worker`select raise_version_base(${0}::bigint)`
    await worker`select mark_listed(${began_at}::timestamptz, ${'["m-1"]'}::text)`
    const [suspended] = await worker`
      select suspend_unlisted(
        ${pass}::bigint, ${began_at}::timestamptz, ${''}::text, ${5_000}::integer) as last`
    expect(suspended?.last).toBe('m-1')
    // The one statement that is refused: betting closes unless a new worker runs in time.
    const completed = worker`
      update feed_position
      set pass = ${pass} + 1, cursor = ${'c'}, fresh_at = ${began_at}::timestamptz
      where singleton and pass = ${pass} returning 1`
    await expect(Promise.resolve(completed)).rejects.toThrow('permission denied')

    const ended = { event_id: 'm-1', version: 2, state: 'FINISHED_WIN', reason: null }
    expect([...(await apply(worker, [ended]))]).toEqual([
      { event_id: 'm-1', version: 2, owed: true },
    ])
    const owed = await worker`
      select event_id, state_version, this_database() as database from line_events
      where settled_version < state_version order by event_id limit ${10_000}`
    expect(owed).toHaveLength(1)
    await worker`select await_placements()`
    await worker`select * from terminate_stuck_placements(${60_000}::integer)`
    const [chunk] = await worker`
      select * from settle_chunk(${'["m-1"]'}::text, ${''}::text, ${0}::bigint, ${10}::integer)`
    expect(chunk).toMatchObject({ looked: 1, settled: 1, last_event: 'm-1', last_id: id })
    expect(await worker`select * from finish_settling(${JSON.stringify(owed)}::text)`).toHaveLength(
      1,
    )
  } finally {
    await Promise.all([api.end({ timeout: 1 }), worker.end({ timeout: 1 })])
  }
})
