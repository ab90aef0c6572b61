import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
  MAX_MESSAGE_BYTES,
} from '@bets/domain/messages'
import { type ConfirmChannel, connect } from 'amqplib'
import { allPublished, bothSides, runDeadLetters } from '../e2e/observe.ts'
import { killNow, type System, startSystem } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'
import { checkQueue, deadLetters } from '../traffic/broker.ts'
import { type BrokerUser, PASSWORD_OF, startGuardedRabbitMq } from './guarded-rabbitmq.ts'
import { REFUSED_BY_BROKER } from './refused-by-broker.ts'

const ACCESS_REFUSED = 403
const PRECONDITION_FAILED = 406
const STARTS_MS = 60_000
const FULL_AT = 20
/** The relay's window. A full quorum queue rejects only after a delay. */
const ON_THE_WAY = 500
const CHANGES = 1_000

let rabbitmq: Awaited<ReturnType<typeof startGuardedRabbitMq>>
let system: System

beforeAll(async () => {
  rabbitmq = await startGuardedRabbitMq()
  system = await startSystem({ BROKER_URL: rabbitmq.urlOf('line_provider') }, undefined, {
    BROKER_URL: rabbitmq.urlOf('bet_worker'),
  })
}, STARTS_MS)
afterAll(async () => {
  await system.stop()
  await rabbitmq.remove()
})

test('the whole flow works under the RabbitMQ users, by messages alone', async () => {
  await bothSides(system, 'up', 10_000)
  await system.open('m-1')
  const bet = await system.bet({ event_id: 'm-1', bet_sum: '12.50' })
  await system.change({ event_id: 'm-1', state: 'FINISHED_WIN' })
  await system.becomes(bet, { state: 'WIN', payout: '18.75' })
  await system.atRest()
  await allPublished(system)
})

test('the worker may dead-letter, and the command may list, show, replay and drop', async () => {
  const publish = async (channel: ConfirmChannel) => {
    channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('not JSON'), { messageId: 'bad' })
    await channel.waitForConfirms()
  }
  expect(await rabbitmq.refusal('line_provider', publish)).toBeUndefined()
  const dead = (count: number) =>
    eventually(async () => expect(await deadLetters(rabbitmq.url)).toBe(count), {
      withinMs: 10_000,
    })
  await dead(1)
  await expect(runDeadLetters(rabbitmq.urlOf('bet_worker'), [])).rejects.toThrow(
    'needs a login with that permission',
  )
  const command = (...words: string[]) => runDeadLetters(rabbitmq.urlOf('dead_letters'), words)
  expect(await command()).toContain('not JSON in UTF-8')
  expect(await command('show', '1')).toContain('not JSON')
  await command('replay', '--all')
  // It was dead-lettered again, because it is still invalid.
  await eventually(async () =>
    expect(system.worker.logs.join().match(/dead-lettered/g)).toHaveLength(2),
  )
  await dead(1)
  await command('drop', '1')
  await dead(0)
}, 40_000)

test('F51 RabbitMQ takes no message that is larger than the workers take', async () => {
  const publish = (bytes: number) => async (channel: ConfirmChannel) => {
    channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.alloc(bytes), { messageId: 'large' })
    await channel.waitForConfirms()
  }
  const refusalOf = (bytes: number) => rabbitmq.refusal('line_provider', publish(bytes))
  expect(await refusalOf(MAX_MESSAGE_BYTES + 1)).toBe(PRECONDITION_FAILED)
  // Accepted and dead-lettered, because it is no JSON: a dead letter must fit the limit, too.
  expect(await refusalOf(MAX_MESSAGE_BYTES)).toBeUndefined()
  await eventually(async () => expect(await deadLetters(rabbitmq.url)).toBe(1), {
    withinMs: 10_000,
  })
  await runDeadLetters(rabbitmq.urlOf('dead_letters'), ['drop', '1'])
})

test.each(REFUSED_BY_BROKER)('F41 %s may not %s', async (user, _, act) => {
  expect(await rabbitmq.refusal(user, act)).toBe(ACCESS_REFUSED)
})

test('no user may use the management API', async () => {
  for (const user of Object.keys(PASSWORD_OF) as BrokerUser[]) {
    const login = Buffer.from(`${user}:${PASSWORD_OF[user]}`).toString('base64')
    const answer = await fetch(`${rabbitmq.apiUrl}/api/overview`, {
      headers: { authorization: `Basic ${login}` },
    })
    expect(answer.status).toBe(401)
  }
})

test('a full queue rejects messages, which the relay sends again', async () => {
  // The management API shows it some seconds after the queue was declared.
  for (const policy of [EVENT_QUEUE, DEAD_QUEUE])
    await eventually(
      async () =>
        expect(await rabbitmq.api('GET', `queues/%2F/${policy}`)).toMatchObject({ policy }),
      { withinMs: 20_000 },
    )
  const limited = (most: number) => ({
    pattern: '^bet-maker\\.line$',
    'apply-to': 'queues',
    priority: 10,
    definition: { 'max-length': most },
  })
  await killNow(system.worker)
  await rabbitmq.api('PUT', `policies/%2F/${EVENT_QUEUE}`, limited(FULL_AT))

  for (let sent = 0; sent < CHANGES; sent += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, event) => system.open(`full-${sent + event}`)),
    )
  await eventually(() =>
    expect(system.line.logs.join()).toContain('broker did not accept an event'),
  )
  // More than one try of the relay's later.
  await Bun.sleep(2_500)
  const { messageCount } = await checkQueue(rabbitmq.url, EVENT_QUEUE)
  const [{ kept }] = await system.lineSql<[{ kept: number }]>`
    select count(*)::int as kept from events where seq > (select published_seq from relay_lease)`
  console.log(
    `a limit of ${FULL_AT}: ${messageCount} in the queue, ${kept} of ${CHANGES} kept by the relay`,
  )
  expect(messageCount).toBeWithin(FULL_AT, FULL_AT + ON_THE_WAY)
  expect(kept).toBeGreaterThan(CHANGES - FULL_AT - ON_THE_WAY)

  system.worker = await system.spawn('worker', { BROKER_URL: rabbitmq.urlOf('bet_worker') })
  await allPublished(system)
  await system.atRest()
  expect(await deadLetters(rabbitmq.url)).toBe(0)
  expect((await rabbitmq.setRights()).code).toBe(0)
  expect(await rabbitmq.api('GET', `policies/%2F/${EVENT_QUEUE}`)).toMatchObject({
    definition: { 'max-length': expect.any(Number), 'max-length-bytes': expect.any(Number) },
  })
}, 60_000)

test('too many dead letters: the newest stay, and the worker continues', async () => {
  const most = 3
  const definition = { 'max-length': most, overflow: 'drop-head' }
  const policy = {
    pattern: '^bet-maker\\.line\\.dead$',
    'apply-to': 'queues',
    priority: 10,
    definition,
  }
  await rabbitmq.api('PUT', `policies/%2F/${DEAD_QUEUE}`, policy)
  const bad = 10
  const publish = async (channel: ConfirmChannel) => {
    for (let number = 1; number <= bad; number++)
      channel.publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('?'), {
        messageId: `bad-${number}`,
      })
    await channel.waitForConfirms()
  }
  expect(await rabbitmq.refusal('line_provider', publish)).toBeUndefined()
  await eventually(
    async () => {
      const listed = await runDeadLetters(rabbitmq.urlOf('dead_letters'), [])
      expect(listed.match(/bad-\d+/g)).toEqual(['bad-8', 'bad-9', 'bad-10'])
    },
    { withinMs: 10_000 },
  )
  await system.open('after-the-bad')
  await allPublished(system)
  await system.atRest()
  expect((await rabbitmq.setRights()).code).toBe(0)
}, 40_000)

test('running it again changes a password, and a missing setting is named', async () => {
  expect((await rabbitmq.setRights({ LINE_BROKER_PASSWORD: 'the next one' })).code).toBe(0)
  await expect(connect(rabbitmq.urlOf('line_provider'))).rejects.toThrow('ACCESS-REFUSED')
  await (await connect(rabbitmq.urlOf('line_provider', 'the next one'))).close()
  expect(await rabbitmq.setRights({ WORKER_BROKER_PASSWORD: '' })).toEqual({
    code: 1,
    output: 'Setting WORKER_BROKER_PASSWORD is required.\n',
  })
  expect(await rabbitmq.setRights({ RABBITMQ_PASSWORD: 'wrong' })).toEqual({
    code: 1,
    output: 'RabbitMQ rejects RABBITMQ_USER or RABBITMQ_PASSWORD.\n',
  })
})
