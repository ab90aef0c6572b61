import { expect, test } from 'bun:test'
import {
  DEAD_EXCHANGE,
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
  MAX_MESSAGE_BYTES,
} from '@bets/domain/messages'
import { openRabbitMqDeadLetters } from '@bets/platform/broker/rabbitmq-dead-letters'
import { connect } from 'amqplib'
import { BROKER_URL, run, useDeadLetters } from './dead-letters-fixtures.ts'

const { onChannel, deadLetter, waiting, takeSent } = useDeadLetters()

test('F12 letters that cannot be re-encoded are replayed without headers', async () => {
  await deadLetter('minus', 'one', { headers: { least: { '!': 'float64', value: -1e300 } } })
  await deadLetter('plain', 'two', { headers: { 'x-of-its-own': 'kept' } })
  expect(await run(['replay', '--all'])).toMatchObject({ code: 0, stdout: 'Replayed 2 of 2.' })
  const sent = await takeSent()
  expect(sent.map(({ content, properties }) => [content.toString(), properties.messageId])).toEqual(
    [
      ['one', 'minus'],
      ['two', 'plain'],
    ],
  )
  expect(sent[0]?.properties).toMatchObject({
    type: 'event',
    contentType: 'application/json',
    deliveryMode: 2,
  })
  expect(sent[0]?.properties.headers).not.toHaveProperty('least')
  expect(sent[1]?.properties.headers).toMatchObject({ 'x-of-its-own': 'kept' })
  expect(await waiting(DEAD_QUEUE)).toBe(0)
})

test('F12 a letter whose routing key cannot be re-encoded stays, with the reason', async () => {
  // 200 bytes that are not UTF-8: decoded, they become 600, but a routing key holds 255.
  const noUtf8 = 'Q'.repeat(200)
  const connection = await connect(BROKER_URL)
  const { stream } = connection.connection as unknown as {
    stream: { write(chunk: Buffer): boolean }
  }
  const write = stream.write.bind(stream)
  stream.write = (chunk) => {
    const at = chunk.indexOf(noUtf8)
    return write(at < 0 ? chunk : chunk.fill(0xff, at, at + noUtf8.length))
  }
  const channel = await connection.createConfirmChannel()
  channel.publish(DEAD_EXCHANGE, noUtf8, Buffer.from('one'), { messageId: 'astray' })
  await channel.waitForConfirms()
  await connection.close()
  for (let number = 0; number < 30; number++) await deadLetter(`m-${number}:1`, '{}')

  const { code, stdout } = await run(['replay', '--all'])
  expect(code).toBe(1)
  expect(stdout).toContain(
    'astray (of unknown time) stays: its routing key is too long to be sent again.',
  )
  expect(stdout).toEndWith('Replayed 30 of 31.')
  expect(await waiting(EVENT_QUEUE)).toBe(30)
  expect(await waiting(DEAD_QUEUE)).toBe(1)
})

test('F12 while one run holds the dead letters, another removes nothing', async () => {
  await deadLetter('first', '{}')
  await deadLetter('second', '{}')
  const held = await openRabbitMqDeadLetters(BROKER_URL, {
    queue: DEAD_QUEUE,
    replayTo: LINE_EXCHANGE,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  })
  expect(held.letters).toHaveLength(2)
  // A letter that arrives now would be number 1 for the other run.
  await deadLetter('third', '{}')
  const other = await run(['drop', '1'])
  expect(other).toMatchObject({ code: 1, stdout: '' })
  expect(other.stderr).toContain('Another run is reading the dead letters')
  await held.close()
  expect((await run(['drop', '1'])).stdout).toContain('id:           first')
  expect(await waiting(DEAD_QUEUE)).toBe(2)
})

test('F12 headers of unexpected types neither end a run nor hide a letter', async () => {
  const object = { toString: 'x' }
  await deadLetter('odd', '{}', { headers: { 'x-dead-reason': object, 'x-dead-at': object } })
  onChannel().publish(DEAD_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('{}'), {
    messageId: 'odder',
    headers: {
      'x-first-death-reason': object,
      'x-death': [{ time: { '!': 'timestamp', value: 1 }, queue: object }],
    },
  })
  onChannel().publish(DEAD_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('{}'), {
    messageId: 'oddest',
    headers: { 'x-death': [{ time: { value: object } }] },
  })
  await onChannel().waitForConfirms()
  const { code, stdout } = await run([])
  expect(code).toBe(0)
  expect(stdout).toMatch(/odd +- +2 +\{"toString":"x"\}/)
  expect(stdout).toMatch(
    /odder +1970-01-01T00:00:01.000Z +2 +by RabbitMQ: \{"toString":"x"\} in \{"toString":"x"\}/,
  )
  expect(stdout).toMatch(/oddest +- +2 +unknown/)
  expect((await run(['show', 'odd'])).stdout).toContain('reason:       {"toString":"x"}')
  expect(await run(['replay', '--all'])).toMatchObject({ code: 0, stdout: 'Replayed 3 of 3.' })
  expect(await waiting(EVENT_QUEUE)).toBe(3)
})

test('F12 no content of a letter can start a new output line', async () => {
  await deadLetter('a\u2028b', '{"x":"c\u2029d"}', { headers: { 'x-dead-reason': 'e\u2028f' } })
  await deadLetter('plain', 'g\u2028h')
  const shown = [await run([]), await run(['show', '1']), await run(['show', '2'])]
  const text = shown.map(({ stdout }) => stdout).join('\n')
  expect(text).not.toMatch(/[\u2028\u2029]/)
  for (const part of ['a\\u{2028}b', 'e\\u{2028}f', '"c\\u{2029}d"', 'g\\u{2028}h'])
    expect(text).toContain(part)
})
