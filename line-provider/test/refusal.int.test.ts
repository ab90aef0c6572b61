import { expect, test } from 'bun:test'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState, SportingEvent } from '@bets/domain/event'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../../dev/testing/eventually.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { type EventChange, refusalOf, refusalOfNew } from '../src/domain/event-change.ts'
import { createEvents } from '../src/infrastructure/event.repository.ts'
import { useLineApp } from './line-app.ts'

const STATES: EventState[] = ['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED']

const line = await useLineApp()

const ENDED_AT = '2026-01-31T12:00:00.000Z'
const ENDS = [undefined, ENDED_AT, '2026-01-31T12:00:00.000001Z']

/** Every combination of omitting, repeating and changing a field. */
function* combinations(eventId: string): Generator<EventChange> {
  for (const coefficient of [undefined, '2.00', '3.00'])
    for (const deadline of [undefined, FAR_DEADLINE, 5])
      for (const suspended of [undefined, false, true])
        for (const state of [undefined, ...STATES])
          for (const reason of [undefined, 'because'])
            for (const endedAt of deadline === undefined ? ENDS : [undefined])
              yield {
                eventId,
                ...(coefficient === undefined
                  ? {}
                  : { coefficient: Coefficient.parse(coefficient) }),
                ...(deadline === undefined ? {} : { deadline }),
                ...(suspended === undefined ? {} : { suspended }),
                ...(state === undefined ? {} : { state }),
                ...(reason === undefined ? {} : { reason }),
                ...(endedAt === undefined ? {} : { endedAt }),
              }
}

/** The event after an allowed change. */
function expected(event: SportingEvent, change: EventChange): SportingEvent {
  const wanted = {
    coefficient: change.coefficient ?? event.coefficient,
    deadline: change.deadline ?? event.deadline,
    suspended: change.suspended ?? event.suspended,
    state: change.state ?? event.state,
    endedAt: change.endedAt ?? event.endedAt,
  }
  if (wanted.state === 'NEW') wanted.endedAt = null
  const differs = Object.entries(wanted).some(
    ([key, value]) => String(event[key as keyof SportingEvent]) !== String(value),
  )
  return differs
    ? { ...event, ...wanted, version: event.version + 1, reason: change.reason ?? null }
    : event
}

for (const state of STATES)
  test(`change_events and refusalOf agree on every change of a ${state} event`, async () => {
    const events = createEvents(line.sql)
    let compared = 0
    for (const change of combinations('m-1')) {
      await line.sql`delete from events`
      await line.sql`
        insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version,
                            reason, changed_at, seq, ended_at)
        values ('m-1', 200, ${FAR_DEADLINE}::bigint, ${state}, false, 6, 'before', now(), 1,
                ${state === 'NEW' ? null : ENDED_AT}::timestamptz)`
      const before = (await events.find('m-1')) as SportingEvent
      const result = await events.change(change)
      const shown = JSON.stringify(change)

      const refusal = refusalOf(change, before)
      const after = refusal === undefined ? expected(before, change) : before
      const changed = after !== before
      expect(result?.outcome, shown).toBe(changed ? 'changed' : 'kept')
      const text = expect.any(String) as unknown as string
      if (after.state !== 'NEW') after.endedAt ??= text
      expect(result?.event, shown).toEqual(changed ? { ...after, changedAt: text } : before)
      expect(await events.find('m-1'), shown).toEqual(result?.event as SportingEvent)
      const [row] = await line.sql`select seq is null as unnumbered from events`
      expect(row?.unnumbered, shown).toBe(changed)
      compared++
    }
    expect(compared).toBe(3 * (3 + 1 + 1) * 3 * 5 * 2)
  })

test('change_events creates a new event exactly when refusalOfNew does not refuse it', async () => {
  const events = createEvents(line.sql)
  for (const change of combinations('m-2')) {
    await line.sql`delete from events`
    const result = await events.change(change)
    const shown = JSON.stringify(change)
    const fits =
      change.coefficient !== undefined &&
      change.deadline !== undefined &&
      (change.state ?? 'NEW') === 'NEW' &&
      change.endedAt === undefined
    expect(result?.outcome, shown).toBe(fits ? 'created' : (undefined as unknown as 'created'))
    if (fits) continue
    expect(await events.find('m-2'), shown).toBeUndefined()
    const unfit = [change.coefficient, change.deadline].includes(undefined) || change.endedAt
    expect(refusalOfNew(change).code, shown).toBe(
      unfit ? 'VALIDATION_FAILED' : 'ILLEGAL_TRANSITION',
    )
  }
})

/** Makes a change while another one of the same event is not committed yet. */
async function changeBehind(eventId: string, running: object, change: object) {
  await line.event({ event_id: eventId, coefficient: '1.50', deadline: FAR_DEADLINE })
  const other = connectDatabase(line.url, { max: 1, applicationName: 'test-change' })
  await other`begin`
  await createEvents(other).change({ eventId, ...running })
  const waiting = createEvents(line.sql).change({ eventId, ...change })
  await eventually(async () =>
    expect(await line.sql`select 1 from pg_locks where not granted`).not.toHaveLength(0),
  )
  await other`commit`
  await other.end({ timeout: 1 })
  return waiting
}
const coefficient = (text: string) => ({ coefficient: Coefficient.parse(text) })

test('a change waits for the running one on its event, and is checked after it', async () => {
  const change = changeBehind('contended', { state: 'FINISHED_WIN' }, coefficient('2.00'))
  expect(await change).toMatchObject({
    outcome: 'kept',
    event: { state: 'FINISHED_WIN', coefficient: { hundredths: 150 }, version: 2 },
  })
})

test('a change that has an effect only after the running one is made, not skipped', async () => {
  const change = changeBehind('back-again', coefficient('3.00'), coefficient('1.50'))
  expect(await change).toMatchObject({
    outcome: 'changed',
    event: { coefficient: { hundredths: 150 }, version: 3 },
  })
})
