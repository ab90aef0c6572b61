import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createFeedSyncs } from '@bets/bet-maker/src/infrastructure/feed-sync.repository.ts'
import { createLineCopy } from '@bets/bet-maker/src/infrastructure/line-copy.repository.ts'
import { wireBetApp, wireWorker } from '@bets/bet-maker/test/bet-app.ts'
import { createEvents } from '@bets/line-provider/src/infrastructure/event.repository.ts'
import { createFeed } from '@bets/line-provider/src/infrastructure/feed.repository.ts'
import { json, send } from '../testing/http.ts'
import { sportingEvent } from '../testing/line-event.ts'
import { createOldDatabase, KINDS } from './before-squash.ts'
import { describeSchema } from './schema.ts'

const FAR = 4_102_444_800

let database: Awaited<ReturnType<typeof createOldDatabase>>
afterEach(() => database.drop())

async function createOld(kind: keyof typeof KINDS) {
  database = await createOldDatabase(kind)
  return database
}

for (const kind of ['bet', 'line'] as const)
  test(`a ${kind}_db of the version before is brought over by two migrators`, async () => {
    const { sql, fresh, journal, migrate } = await createOld(kind)
    expect((await journal()).length).toBeGreaterThan(1)
    await Promise.all([migrate(), migrate()])
    expect(await journal()).toEqual(fresh)
    expect(await describeSchema(sql)).toBe(
      readFileSync(`${KINDS[kind].migrations}/schema.sql`, 'utf8'),
    )
    await migrate()
    expect(await journal()).toEqual(fresh)
  })

test.each(['bet', 'line'] as const)(
  'a %s_db that the version before has not migrated to its end is refused, and stays as it is',
  async (kind) => {
    const { sql, journal, migrate } = await createOld(kind)
    await sql`
      delete from drizzle.__drizzle_migrations
      where id = (select max(id) from drizzle.__drizzle_migrations)`
    const before = [await journal(), await describeSchema(sql)]
    const all = before[0]?.length ?? 0
    await expect(migrate()).rejects.toThrow(
      `${kind}_db has ${all} of the ${all + 1} migrations of the version before. ` +
        'Migrate it with that version first, then with this one.',
    )
    expect([await journal(), await describeSchema(sql)]).toEqual(before)
  },
)

test('a filled bet_db is brought over without loss, and betting goes on', async () => {
  const { sql, migrate } = await createOld('bet')
  const changes = (events: object[]) =>
    sql`select from apply_line_events(${JSON.stringify(
      events.map((event) => ({
        ...{ coefficient_hundredths: 150, deadline: FAR, suspended: false, ...event },
      })),
    )}::text)`
  const ids = ['open', 'won', 'lost', 'void', 'owed']
  await changes(ids.map((event_id) => ({ event_id, version: 1, state: 'NEW' })))
  await sql`update feed_position set pass = 7, cursor = 'c-7', fresh_at = clock_timestamp()`
  const requests = ids.map((event_id, request) => ({
    ...{
      request,
      event_id,
      sum_cents: 1_000,
      accept_odds: 'any',
      client: '',
      key: `k-${event_id}`,
    },
  }))
  await sql`select from place_bets(${JSON.stringify(requests)}::text, 20000)`
  const ended = {
    won: 'FINISHED_WIN',
    lost: 'FINISHED_LOSE',
    void: 'CANCELLED',
    owed: 'FINISHED_WIN',
  }
  await changes(Object.entries(ended).map(([event_id, state]) => ({ event_id, version: 2, state })))
  await sql`select from settle_chunk('["won", "lost", "void"]', '', 0, 100)`
  await sql`select from finish_settling(${JSON.stringify(
    ['won', 'lost', 'void'].map((event_id) => ({ event_id, state_version: 2 })),
  )}::text)`

  // Without nulls, because later migrations add columns. One of them clears the cursor.
  const contents = async () =>
    (
      await sql<{ row: string }[]>`
        select jsonb_strip_nulls(to_jsonb(b))::text as row from bets b union all
        select jsonb_strip_nulls(to_jsonb(e) - 'heard')::text from line_events e union all
        select jsonb_strip_nulls(to_jsonb(s))::text from state_changes s union all
        select jsonb_strip_nulls(to_jsonb(f) - 'cursor')::text from feed_position f order by 1`
    ).map(({ row }) => row)
  const before = await contents()
  expect(before).toHaveLength(5 + 5 + 4 + 1)
  await migrate()
  expect(await contents()).toEqual(before)

  const { app } = wireBetApp(sql)
  const { settleOwed: settle } = wireWorker(sql)
  const place = async (event_id: string, key: string) => {
    const response = await send(
      app,
      'POST',
      '/bet',
      { event_id, bet_sum: '10.00' },
      { 'idempotency-key': key },
    )
    return { status: response.status, ...(await json<{ id: number; state: string }>(response)) }
  }
  const history = async (id: number) =>
    (
      await json<{ history: { state: string }[] }>(await send(app, 'GET', `/bets/${id}`))
    ).history.map(({ state }) => state)
  const repeated: Awaited<ReturnType<typeof place>>[] = []
  for (const id of ids) repeated.push(await place(id, `k-${id}`))
  expect(repeated.map(({ status, state }) => `${status} ${state}`)).toEqual([
    '200 PENDING',
    '200 WIN',
    '200 LOSE',
    '200 VOID',
    '200 PENDING',
  ])
  expect((await place('open', 'new')).status).toBe(201)
  expect((await place('won', 'another')).status).toBe(409)

  expect(await settle()).toEqual({ events: 1, bets: 1 })
  await createLineCopy(sql).apply([
    sportingEvent('won', { version: 3, state: 'FINISHED_LOSE', reason: 'a mistake' }),
    sportingEvent('open', { version: 2, state: 'FINISHED_WIN' }),
  ])
  expect(await settle()).toEqual({ events: 2, bets: 3 })
  const [open, won, , , owed] = repeated
  expect(await history(open?.id ?? 0)).toEqual(['PENDING', 'WIN'])
  expect(await history(won?.id ?? 0)).toEqual(['PENDING', 'WIN', 'LOSE'])
  expect(await history(owed?.id ?? 0)).toEqual(['PENDING', 'WIN'])

  const syncs = createFeedSyncs(sql)
  const sync = await syncs.begin()
  // The next sync reads everything.
  expect(sync).toMatchObject({ number: 7, cursor: undefined })
  expect(await syncs.complete(sync, 'c-8')).toBe(true)
})

test.each([
  ['nothing is staked', { sum_cents: 0 }, 'bets_sum'],
  ['the coefficient is below 1', { coefficient_hundredths: 99 }, 'bets_coefficient'],
  ['the state is unknown', { state: 'LOST', payout_cents: 0, settled_at: 'now' }, 'bets_state'],
  ['it is settled without a payout', { state: 'WIN', settled_at: 'now' }, 'bets_settled'],
  ['it is paid while pending', { payout_cents: 100 }, 'bets_settled'],
  ['it is settled while pending', { settled_at: 'now' }, 'bets_settled'],
])('the tables that were brought over refuse a bet when %s', async (_when, fields, constraint) => {
  const { sql, migrate } = await createOld('bet')
  await migrate()
  const bet = {
    ...{ id: 1, event_id: 'e', sum_cents: 1, coefficient_hundredths: 100, event_version: 1 },
    ...{ applied_version: 1, state: 'PENDING', created_at: 'now', client: '', accept_odds: 'any' },
  }
  const insert = (row: object) =>
    sql`
      insert into bets
      select * from json_populate_record(null::bets, ${JSON.stringify(row)}::text::json)`
  await insert(bet)
  await expect(insert({ ...bet, id: 2, ...fields })).rejects.toMatchObject({
    constraint_name: constraint,
  })
})

test('a filled line_db is brought over without loss, and changes go on', async () => {
  const { sql, migrate } = await createOld('line')
  const changes = ['m-1', 'm-2'].map((event_id, change) => ({
    ...{ change, event_id, coefficient: 150, deadline: FAR },
  }))
  await sql`select from change_events(${JSON.stringify(changes)}::text)`
  await sql`select number_changes()`
  const contents = async () => [
    ...(await sql`select jsonb_strip_nulls(to_jsonb(e)) from events e order by event_id`),
    ...(await sql`select * from feed, relay_lease`),
  ]
  const before = await contents()
  await migrate()
  expect(await contents()).toEqual(before)

  const [events, feed] = [createEvents(sql), createFeed(sql)]
  expect(await events.change({ eventId: 'm-1', state: 'CANCELLED' })).toMatchObject({
    outcome: 'changed',
  })
  await feed.number()
  const page = await feed.readAfter(2, 10)
  expect(page.items).toMatchObject([{ event: { eventId: 'm-1', version: 2, state: 'CANCELLED' } }])
})
