import { expect, test } from 'bun:test'
import {
  DEAD_EXCHANGE,
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { connect } from 'amqplib'
import { freePort } from '../../dev/services/ports.ts'
import { eventually } from '../../dev/testing/eventually.ts'
import { BROKER_URL, run, start, useDeadLetters } from './dead-letters-fixtures.ts'

const { onChannel, deadLetter, waiting, takeSent } = useDeadLetters()

test('F12 says so when there are no dead letters', async () => {
  expect(await run([])).toMatchObject({ code: 0, stdout: 'There are no dead letters.' })
  expect(await run(['replay', '--all'])).toMatchObject({ code: 0, stdout: 'Replayed 0 of 0.' })
  expect(await run(['show', '1'])).toMatchObject({ code: 1 })
})

test('F12 lists letters oldest first and in full, repeatedly and without loss', async () => {
  await deadLetter('m-1:3', '{"message_type":"event","data":{"event_id":"m-1"}}')
  await deadLetter(undefined, Buffer.from([0xff, 0x1b, 0x41]), {
    headers: { 'x-dead-reason': 'bad \x1b[2J' },
  })
  await deadLetter('same', 'text \x1b]0;x\x07')
  await deadLetter('same', '{}')
  const list = await run([])
  expect(list).toMatchObject({
    code: 0,
    stdout: [
      '#  id     when                      bytes  reason',
      '1  m-1:3  2026-01-01T00:00:01.000Z  50     not JSON in UTF-8',
      '2  -      2026-01-01T00:00:02.000Z  3      bad \\u{1b}[2J',
      '3  same   2026-01-01T00:00:03.000Z  11     not JSON in UTF-8',
      '4  same   2026-01-01T00:00:04.000Z  2      not JSON in UTF-8',
    ].join('\n'),
  })
  const first = await run(['show', 'm-1:3'])
  expect(first.code).toBe(0)
  expect(first.stdout).toContain('reason:       not JSON in UTF-8')
  expect(first.stdout).toContain('routing key:  event.changed')
  expect(first.stdout).toEndWith(
    '{\n  "message_type": "event",\n  "data": {\n    "event_id": "m-1"\n  }\n}',
  )
  expect((await run(['show', '2'])).stdout).toEndWith('body, 3 bytes:\n\\xff\\x1bA')
  expect((await run(['show', '3'])).stdout).toEndWith('text \\u{1b}]0;x\\u{7}')
  const unclear = await run(['drop', 'same'])
  expect(unclear).toMatchObject({ code: 1 })
  expect(unclear.stdout).toContain('Choose one by its number: 3, 4.')
  expect(await run(['show', 'nobody'])).toMatchObject({ code: 1 })

  // RabbitMQ 4 would drop a message at its twentieth delivery if the queue set no limit.
  for (let look = 0; look < 25; look++) {
    const looker = await connect(BROKER_URL)
    const held = await looker.createChannel()
    while ((await held.get(DEAD_QUEUE)) !== false);
    await looker.close()
  }
  expect((await run([])).stdout).toBe(list.stdout)
})

test('F12 lists letters that RabbitMQ itself dead-lettered, with the reason', async () => {
  onChannel().publish(LINE_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('{}'), { messageId: 'm-1:1' })
  await onChannel().waitForConfirms()
  await eventually(async () => {
    const message = await onChannel().get(EVENT_QUEUE)
    if (message !== false) onChannel().reject(message, true)
    expect(await waiting(DEAD_QUEUE)).toBe(1)
  })
  const { stdout } = await run([])
  expect(stdout).toMatch(
    /1 {2}m-1:1 {2}20\d\d-.*Z {2}2 {6}by RabbitMQ: delivery_limit in bet-maker\.line$/,
  )
  expect(await run(['replay', 'm-1:1'])).toMatchObject({ code: 0, stdout: 'Replayed 1 of 1.' })
  const [sent] = await takeSent()
  // RabbitMQ before 4 adds a count to a first delivery, too.
  const names = Object.keys(sent?.properties.headers ?? {})
  expect(names.filter((name) => name !== 'x-delivery-count')).toEqual([])
})

test('F12 replays one letter as originally sent, and removes it', async () => {
  await deadLetter('m-1:3', 'one', {
    timestamp: 1_700_000_000,
    headers: { 'x-of-its-own': 'kept' },
  })
  await deadLetter('m-2:1', 'two')
  expect(await run(['replay', 'm-1:3'])).toMatchObject({ code: 0, stdout: 'Replayed 1 of 1.' })
  const [sent, ...others] = await takeSent()
  expect(others).toEqual([])
  expect(sent?.content.toString()).toBe('one')
  expect(sent?.fields).toMatchObject({ exchange: LINE_EXCHANGE, routingKey: EVENT_CHANGED_KEY })
  expect(sent?.properties).toMatchObject({
    messageId: 'm-1:3',
    type: 'event',
    contentType: 'application/json',
    timestamp: 1_700_000_000,
    deliveryMode: 2,
    headers: { 'x-of-its-own': 'kept' },
  })
  expect(sent?.properties.headers).not.toHaveProperty('x-dead-reason')
  expect((await run([])).stdout).toContain('m-2:1')
  expect(await waiting(DEAD_QUEUE)).toBe(1)
})

test('F12 replays all letters; unroutable ones stay', async () => {
  for (let number = 0; number < 100; number++) await deadLetter(`m-${number}:1`, '{}')
  onChannel().publish(DEAD_EXCHANGE, 'nobody.listens', Buffer.from('{}'), { messageId: 'unwanted' })
  await onChannel().waitForConfirms()
  const { code, stdout } = await run(['replay', '--all'])
  expect(code).toBe(1)
  expect(stdout).toContain('unwanted (of unknown time) stays: no queue takes its routing key')
  expect(stdout).toEndWith('Replayed 100 of 101.')
  expect(await waiting(EVENT_QUEUE)).toBe(100)
  expect(await waiting(DEAD_QUEUE)).toBe(1)
})

test('F12 drops one letter by its number after printing it; the others stay', async () => {
  await deadLetter(undefined, 'without an id')
  await deadLetter('m-1:1', 'with one')
  const { code, stdout } = await run(['drop', '1'])
  expect(code).toBe(0)
  expect(stdout).toContain('without an id')
  expect(stdout).toEndWith('Dropped.')
  expect((await run([])).stdout).toContain('m-1:1')
  expect(await waiting(DEAD_QUEUE)).toBe(1)
})

test('F12 loses nothing when killed during a replay', async () => {
  const ids = Array.from({ length: 400 }, (_, number) => `m-${number}:1`)
  for (const messageId of ids)
    onChannel().publish(DEAD_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('{}'), {
      messageId,
      persistent: true,
    })
  await onChannel().waitForConfirms()
  const child = start(['replay', '--all'], {}, ['bet-maker/src/dead-letters.ts'])
  await eventually(async () => expect(await waiting(EVENT_QUEUE)).toBeGreaterThan(100), {
    withinMs: 20_000,
  })
  child.kill('SIGKILL')
  await child.exited

  const sent = new Set<string>()
  await eventually(async () => {
    for (const { properties } of await takeSent()) sent.add(properties.messageId)
    // A message may be in both queues, if its confirm or acknowledgement was in flight.
    expect((await waiting(DEAD_QUEUE)) + sent.size).toBeGreaterThanOrEqual(ids.length)
  })
  const left = await waiting(DEAD_QUEUE)
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThan(ids.length)
  expect(await run(['replay', '--all'])).toMatchObject({
    code: 0,
    stdout: `Replayed ${left} of ${left}.`,
  })
  for (const { properties } of await takeSent()) sent.add(properties.messageId)
  expect([...sent].sort()).toEqual(ids.sort())
})

test('F12 says what to do when the dead letters are unavailable', async () => {
  const url = new URL(BROKER_URL)
  url.port = String(await freePort())
  const unreachable = await run([], { BROKER_URL: url.href })
  expect(unreachable.code).toBe(1)
  expect(unreachable.stderr).toContain(`RabbitMQ at ${url.host} is unreachable`)
  expect(unreachable.stderr).toContain('Is it running, and is BROKER_URL right?')

  const refused = new URL(BROKER_URL)
  refused.password = 'secret'
  const { code, stderr } = await run([], { BROKER_URL: refused.href })
  expect(code).toBe(1)
  expect(stderr).toContain('rejects the login')
  expect(stderr).not.toContain('secret')

  await onChannel().deleteQueue(DEAD_QUEUE)
  const none = await run([])
  expect(none.code).toBe(1)
  expect(none.stderr).toContain(`RabbitMQ has no queue ${DEAD_QUEUE}: the consumer creates it`)

  const unset = await run([], { BROKER_URL: '' })
  expect(unset.code).toBe(1)
  expect(unset.stderr).toContain('Setting BROKER_URL is required.')
})

test('prints its usage, and rejects unknown arguments', async () => {
  const help = await run(['--help'], { BROKER_URL: '' })
  expect(help.code).toBe(0)
  expect(help.stdout).toContain('bun run dead-letters replay --all')
  const nonsense = [
    ['nonsense'],
    ['show'],
    ['replay'],
    ['drop', '--all'],
    ['list', '1'],
    ['show', '1', '2'],
  ]
  const answers = await Promise.all(nonsense.map((words) => run(words)))
  for (const { code, stdout, stderr } of answers) {
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('bun run dead-letters replay --all')
  }
})
