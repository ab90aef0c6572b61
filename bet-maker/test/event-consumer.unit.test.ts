import { expect, test } from 'bun:test'
import { DatabaseUnavailableError, StatementTimeoutError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import { AGAIN, DONE, type Verdict } from '@bets/domain/message-broker'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { eventConsumer } from '../src/presentation/event.consumer.ts'

type Apply = (events: readonly SportingEvent[]) => Promise<(Error | undefined)[]>

/** Handles bodies as one batch. */
const handle = (
  applyChanges: Apply,
  ...bodies: (string | Uint8Array)[]
): Promise<readonly Verdict[]> =>
  eventConsumer({ applyChanges }).handle(
    bodies.map((body) => ({ id: undefined, body: Buffer.from(body), redelivered: false })),
  )
const stating = (data: unknown) => JSON.stringify({ message_type: 'event', data })

test('a message is done only once its event is in the copy', async () => {
  const applied = Promise.withResolvers<undefined[]>()
  let done = false
  const handling = handle(() => applied.promise, stating(lineEvent('m-1'))).then((verdicts) => {
    done = true
    return verdicts
  })
  await Bun.sleep(5)
  expect(done).toBe(false)
  applied.resolve([undefined])
  expect(await handling).toEqual([DONE])
})

test('while the copy is unavailable no message is done, so all are redelivered', async () => {
  const down: Apply = () => Promise.reject(new DatabaseUnavailableError())
  await expect(handle(down, stating(lineEvent('m-1')), 'not JSON')).rejects.toThrow(
    DatabaseUnavailableError,
  )
})

test('F52 a message whose event took too long is delivered again; others are done', async () => {
  const apply: Apply = async () => [undefined, new StatementTimeoutError()]
  const bodies = [stating(lineEvent('m-1')), stating(lineEvent('m-2'))]
  expect(await handle(apply, ...bodies)).toEqual([DONE, AGAIN])
})

test('F12 an invalid or inapplicable message alone is dead-lettered, with the reason', async () => {
  const applied: string[] = []
  const apply: Apply = async (events) => {
    applied.push(...events.map(({ eventId }) => eventId))
    return events.map(({ eventId }) =>
      eventId === 'unfit' ? new Error('does not fit') : undefined,
    )
  }
  const verdicts = await handle(
    apply,
    '{"half',
    stating(lineEvent('m-1')),
    new Uint8Array([0xff]),
    JSON.stringify({ message_type: 'other', data: lineEvent('m-2') }),
    stating(lineEvent('unfit')),
    stating({ ...lineEvent('m-3'), version: 0 }),
    stating({ ...lineEvent('m-4'), a_field_of_tomorrow: 1 }),
  )
  expect(applied).toEqual(['m-1', 'unfit', 'm-4'])
  const reasons = verdicts.map((verdict) => (verdict.kind === 'dead' ? verdict.reason : 'done'))
  expect(reasons).toEqual([
    'not JSON in UTF-8',
    'done',
    'not JSON in UTF-8',
    "not an event message: /message_type Expected 'event'",
    'could not be applied: does not fit',
    'not an event message: /data/version Expected integer to be greater or equal to 1',
    'done',
  ])
})
