import { beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { shuffled } from './observe.ts'
import { systemDuringTests } from './system.ts'

const KEYS = 400
/** Three times this, for three processes, fits into the 256 connections of Bun's client. */
const BLOCK = 80
const EVENTS = 10
/** How often `retryRefused` runs a refused statement. */
const ATTEMPTS = 3

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
let urls: string[]

beforeAll(async () => {
  const more = await Promise.all([1, 2].map(() => system.spawn('bets')))
  await Promise.all(more.map((api) => api.waitReady()))
  urls = [system.betsUrl, ...more.map(({ url }) => url)]
  for (let event = 0; event < EVENTS; event++) await system.open(`k-${event}`)
  await eventually(async () =>
    expect(await system.betSql`select from line_events where event_id like 'k-%'`).toHaveLength(
      EVENTS,
    ),
  )
})

const bet = (url: string, key: string, event = 0) => system.place(`k-${event}`, key, url)

async function deadlocks(): Promise<number> {
  const [{ deadlocks }] = await system.betSql<[{ deadlocks: number }]>`
    select deadlocks from pg_stat_database where datname = current_database()`
  return deadlocks
}

test(`F18 ${KEYS} keys in random order, three processes: one bet each, no deadlock`, async () => {
  const before = await deadlocks()
  // Slow inserts, so that the three processes overlap.
  await system.betSql.unsafe(`
    create function slow_down() returns trigger language plpgsql
      as $$ begin perform pg_sleep(0.002); return new; end $$;
    create trigger slow_down before insert on bets for each row execute function slow_down()`)
  const answers: Awaited<ReturnType<typeof ask>>[] = []
  const ask = async (url: string, number: number) => ({
    number,
    ...(await bet(url, `r-${number}`, number % EVENTS)),
  })
  // Each block goes to every process at the same time, so that their batches share keys.
  for (let first = 0; first < KEYS; first += BLOCK) {
    const keys = Array.from({ length: BLOCK }, (_, index) => first + index)
    const block = urls.flatMap((url) => shuffled(keys).map((number) => ask(url, number)))
    answers.push(...(await Promise.all(block)))
  }
  await system.betSql.unsafe('drop trigger slow_down on bets; drop function slow_down()')
  for (const same of Map.groupBy(answers, ({ number }) => number).values()) {
    expect(same.map(({ status }) => status).toSorted()).toEqual([200, 200, 201])
    const ids = new Set(same.map(({ body }) => Number(body.id)))
    expect(ids.size).toBe(1)
  }
  // The server's counters lag slightly.
  await Bun.sleep(1_100)
  expect(await deadlocks()).toBe(before)
  await system.atRest()
})

/**
 * Makes the server refuse the first statements that place a bet on the event. The returned function
 * ends this and returns how many statements there were.
 */
async function refuse(event: number, state: '40P01' | '40001', first: number) {
  await system.betSql.unsafe(`
    create sequence refusals;
    grant usage on sequence refusals to public;
    create function refuse() returns trigger language plpgsql as $$
    begin
      if nextval('refusals') <= ${first} then
        raise 'refused by the test' using errcode = '${state}';
      end if;
      return new;
    end $$;
    create trigger refuse before insert on bets for each row
      when (new.event_id = 'k-${event}') execute function refuse();
  `)
  return async () => {
    const [{ last_value }] = await system.betSql<
      [{ last_value: number }]
    >`select last_value from refusals`
    await system.betSql.unsafe(
      'drop trigger refuse on bets; drop function refuse(); drop sequence refusals',
    )
    return last_value
  }
}

for (const state of ['40P01', '40001'] as const) {
  test(`F18 a statement refused with ${state} is retried until it succeeds`, async () => {
    const end = await refuse(1, state, ATTEMPTS - 1)
    const answer = await bet(system.betsUrl, `retried-${state}`, 1)
    expect(await end()).toBe(ATTEMPTS)
    expect(answer.status).toBe(201)
  })

  test(`F18 a statement refused with ${state} ${ATTEMPTS} times fails, key reusable`, async () => {
    const end = await refuse(1, state, 1_000_000)
    const answer = await bet(system.betsUrl, `given-up-${state}`, 1)
    expect(await end()).toBe(ATTEMPTS)
    expect(answer).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } })
    const again = await bet(system.betsUrl, `given-up-${state}`, 1)
    expect(again.status).toBe(201)
  })
}

test('F18 of a refused batch, the bets that succeed on their own are placed', async () => {
  const end = await refuse(1, '40001', 1_000_000)
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, number) => ({
      number,
      ...(await bet(system.betsUrl, `b-${number}`, number % EVENTS)),
    })),
  )
  await end()
  for (const { number, status } of answers) expect(status).toBe(number % EVENTS === 1 ? 503 : 201)
  await system.atRest()
})
