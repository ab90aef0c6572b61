import { expect, test } from 'bun:test'
import { Coefficient } from '@bets/domain/coefficient'
import { DatabaseUnavailableError } from '@bets/domain/errors'
import { connectDatabase, sqlState } from '@bets/platform/postgres/database'
import { eventually } from '../../dev/testing/eventually.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import type { EventChange } from '../src/domain/event-change.ts'
import { createEvents } from '../src/infrastructure/event.repository.ts'
import { type LineApp, useLineApp } from './line-app.ts'

/** As many as fit into one batch. */
const EVENTS = 200
const ROUNDS = 10
/** How often a statement is sent while the server refuses it temporarily. */
const TRIES = 3

const line = await useLineApp()

const withCoefficient = (eventId: string, coefficient: string): EventChange => ({
  eventId,
  coefficient: Coefficient.parse(coefficient),
})
const created = (eventId: string): EventChange => ({
  ...withCoefficient(eventId, '1.50'),
  deadline: FAR_DEADLINE,
})
const idsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, number) => `${name}-${number}`)

/**
 * Submits changes in one tick, so that they are one statement. Returns the outcome of each.
 */
const changeAtOnce = (sql: LineApp['sql'], changes: EventChange[]) => {
  const events = createEvents(sql)
  return Promise.allSettled(changes.map((change) => events.change(change)))
}

/** The version and coefficient of each answer, or its error. */
const shown = (answers: Awaited<ReturnType<typeof changeAtOnce>>) =>
  answers.map((answer) =>
    answer.status === 'fulfilled'
      ? [answer.value?.event.version, String(answer.value?.event.coefficient)]
      : answer.reason,
  )

test('changes of one event in one batch take effect in order, each with its version', async () => {
  const changes = [
    { event_id: 'twice', coefficient: 150, deadline: FAR_DEADLINE },
    { event_id: 'between', coefficient: 900 },
    { event_id: 'twice', coefficient: 200 },
    { event_id: 'zz', coefficient: 700, deadline: FAR_DEADLINE },
    { event_id: 'twice', coefficient: 300, state: 'FINISHED_WIN' },
    { event_id: 'twice', coefficient: 400 },
    { event_id: 'between', coefficient: 150, deadline: FAR_DEADLINE },
  ].map((change, number) => ({ change: number, ...change }))
  const answers = await line.sql<Record<string, unknown>[]>`
    select change, outcome, version, coefficient_hundredths
    from change_events(${JSON.stringify(changes)}::text)
    order by change`
  expect(answers.map((answer) => Object.values(answer))).toEqual([
    [0, 'created', 1, 150],
    // No answer to 1: its event is created later in the batch.
    [2, 'changed', 2, 200],
    [3, 'created', 1, 700],
    [4, 'changed', 3, 300],
    // Refused, because the event has ended by then. It is shown as the previous change left it.
    [5, 'kept', 3, 300],
    [6, 'created', 1, 150],
  ])
  const rows = await line.sql<{ event_id: string; version: number; state: string; xmin: string }[]>`
    select event_id, version, state, xmin::text from events
    where event_id in ('twice', 'between', 'zz') order by event_id`
  expect(rows.map(({ event_id, version, state }) => [event_id, version, state])).toEqual([
    ['between', 1, 'NEW'],
    ['twice', 3, 'FINISHED_WIN'],
    ['zz', 1, 'NEW'],
  ])
  // One transaction wrote them all, so they were one batch.
  expect(new Set(rows.map(({ xmin }) => xmin)).size).toBe(1)
})

test('F18 batches in opposite orders from two processes never deadlock', async () => {
  const ids = idsOf('opposed', EVENTS)
  await changeAtOnce(line.sql, ids.map(created))
  const pools = ['test-one', 'test-two'].map((applicationName) =>
    connectDatabase(line.url, { max: 4, applicationName }),
  )
  const before = await deadlocks()
  const versions = new Map(ids.map((id) => [id, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++)
    await Promise.all(
      pools.map(async (pool, number) => {
        const order = number === 0 ? ids : ids.toReversed()
        const coefficient = `${2 + round * 2 + number}.00`
        for (const answer of await changeAtOnce(
          pool,
          order.map((id) => withCoefficient(id, coefficient)),
        )) {
          // A refused one would be missing below.
          if (answer.status === 'rejected' || answer.value === undefined) continue
          versions.get(answer.value.event.eventId)?.push(answer.value.event.version)
        }
      }),
    )
  // Sessions report their counters when they end, or else seconds later.
  await Promise.all(pools.map((pool) => pool.end({ timeout: 1 })))
  await eventually(async () =>
    expect(
      await line.sql`
        select from pg_stat_activity where application_name in ('test-one', 'test-two')`,
    ).toHaveLength(0),
  )
  expect(await deadlocks()).toBe(before)
  // Each change has its own coefficient, so each has made one version, and no version was returned
  // twice.
  const all = Array.from({ length: 2 * ROUNDS }, (_, number) => number + 2)
  for (const [id, seen] of versions)
    expect(
      seen.toSorted((a, b) => a - b),
      id,
    ).toEqual(all)
})

async function deadlocks(): Promise<number> {
  const [row] = await line.sql<[{ deadlocks: number }]>`
    select deadlocks from pg_stat_database where datname = current_database()`
  return row.deadlocks
}

/**
 * Refuses the first `times` changes of an event with the SQLSTATE. Returns a count of the tries.
 */
async function refuse(
  eventId: string,
  state: string,
  times: number,
): Promise<() => Promise<number>> {
  await line.sql.unsafe(`
    drop trigger if exists refuse on events;
    drop sequence if exists tries;
    -- A sequence, because what a transaction counts is undone with it.
    create sequence tries;
    grant usage on sequence tries to public;
    create or replace function refuse() returns trigger language plpgsql as $$ begin
      if nextval('tries') <= ${times} then
        raise exception 'refused' using errcode = '${state}';
      end if;
      return new;
    end $$;
    create trigger refuse before update on events
      for each row when (old.event_id = '${eventId}') execute function refuse()`)
  return async () =>
    (await line.sql<[{ tries: number }]>`select last_value as tries from tries`)[0].tries
}

for (const [name, state, times, tried] of [
  ['refused for now once', '40P01', 1, 2],
  ['refused for now until it is tried alone', '40P01', TRIES + 1, TRIES + 2],
] as const)
  test(`F18 a change that is ${name} is made, once`, async () => {
    const ids = idsOf(`for-now-${times}`, 20)
    await changeAtOnce(line.sql, ids.map(created))
    const tries = await refuse(ids[7] as string, state, times)
    const answers = await changeAtOnce(
      line.sql,
      ids.map((id) => withCoefficient(id, '2.00')),
    )
    expect(shown(answers)).toEqual(ids.map(() => [2, '2.00']))
    expect(await tries()).toBe(tried)
    await expectVersions(ids, () => 2)
  })

for (const [name, state, tried] of [
  ['for now, always,', '40P01', 2 * TRIES],
  ['for what it is', '23514', 2],
] as const)
  test(`F18 a change that is refused ${name} fails alone in its batch`, async () => {
    const ids = idsOf(`always-${state}`, 20)
    await changeAtOnce(line.sql, ids.map(created))
    const refused = ids[7] as string
    const tries = await refuse(refused, state, 1_000)
    const answers = await changeAtOnce(
      line.sql,
      ids.map((id) => withCoefficient(id, '2.00')),
    )
    const error = answers[7]?.status === 'rejected' ? answers[7].reason : undefined
    // 503 only for temporary errors. The other one is a bug.
    expect(error instanceof DatabaseUnavailableError).toBe(state === '40P01')
    expect(sqlState(error)).toBe(state)
    expect(shown(answers)).toEqual(ids.map((id) => (id === refused ? error : [2, '2.00'])))
    expect(await tries()).toBe(tried)
    await expectVersions(ids, (id) => (id === refused ? 1 : 2))
  })

async function expectVersions(ids: string[], version: (id: string) => number): Promise<void> {
  const rows = await line.sql<{ event_id: string; version: number }[]>`
    select event_id, version from events
    where event_id = any(select json_array_elements_text(${JSON.stringify(ids)}::text::json))`
  expect(new Map(rows.map((row) => [row.event_id, row.version]))).toEqual(
    new Map(ids.map((id) => [id, version(id)])),
  )
}
