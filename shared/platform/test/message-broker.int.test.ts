import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { BrokerUnavailableError, DONE } from '@bets/domain/message-broker'
import { BROKERS, useBroker } from './each-broker.ts'
import { idsOf, message, messages, TEST_TIMEOUT_MS } from './rabbitmq.ts'

setDefaultTimeout(TEST_TIMEOUT_MS)

describe.each(BROKERS)('%s', (_name, implementation) => {
  const { line, receive, came, subscribed } = useBroker(implementation)

  test('a confirmed message is delivered, with its id and its body byte for byte', async () => {
    const received = receive()
    await subscribed()
    const body = '{"message_type":"event","data":"🏆 é \\u0000"}'
    expect(await line().publish([message('m-1:3', { body })])).toEqual(['confirmed'])
    await came(received, 1)
    const [first] = received.batches.flat()
    expect(first).toMatchObject({ id: 'm-1:3', redelivered: false })
    expect(first?.body.toString()).toBe(body)
  })

  test('messages published before the subscription are delivered to it', async () => {
    await line().publish(messages(3))
    const received = receive()
    await came(received, 3)
    expect(received.ids()).toEqual(['m-0', 'm-1', 'm-2'])
  })

  test('an unroutable message is returned, the others are confirmed', async () => {
    const received = receive()
    await subscribed()
    const outcomes = await line().publish([
      message('a'),
      message('b', { routingKey: 'nobody.listens' }),
      message('c'),
    ])
    expect(outcomes).toEqual(['confirmed', 'returned', 'confirmed'])
    expect(await line().publish([])).toEqual([])
    await came(received, 2)
    expect(received.ids()).toEqual(['a', 'c'])
  })

  test('many messages in one call are all confirmed and delivered once', async () => {
    const received = receive()
    await subscribed()
    const sent = messages(1_000)
    expect(new Set(await line().publish(sent))).toEqual(new Set(['confirmed']))
    await came(received, sent.length)
    expect(received.ids()).toEqual(idsOf(sent).sort())
  })

  test('concurrent callers get their own outcomes, even with equal message ids', async () => {
    await subscribed()
    const calls = Array.from({ length: 20 }, () => [
      message('same'),
      message('same', { routingKey: 'nobody.listens' }),
    ])
    for (const outcomes of await Promise.all(calls.map((call) => line().publish(call))))
      expect(outcomes).toEqual(['confirmed', 'returned'])
  })

  test('batches of one subscription never overlap and are at most prefetch long', async () => {
    let handling = 0
    let most = 0
    const received = receive(async (batch) => {
      most = Math.max(most, ++handling)
      await Bun.sleep(1)
      handling--
      return batch.map(() => DONE)
    }, 7)
    await subscribed()
    // Several calls, so that messages also arrive while a batch is being handled.
    await Promise.all(
      [0, 1, 2, 3].map((call) =>
        line().publish(messages(25).map(({ id }) => message(`${call}-${id}`))),
      ),
    )
    await came(received, 100)
    expect(most).toBe(1)
    expect(Math.max(...received.batches.map(({ length }) => length))).toBeWithin(2, 8)
    expect(new Set(received.ids()).size).toBe(100)
  })

  test('listeners are called on connection, at once if already connected', async () => {
    await subscribed()
    let calls = 0
    line().onConnected(() => void calls++)
    expect(calls).toBe(1)
  })

  test('closing lets the current batch finish and accepts no more', async () => {
    const handling = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    let finished = false
    const received = receive(async (batch) => {
      handling.resolve()
      await finish.promise
      finished = true
      return batch.map(() => DONE)
    })
    await subscribed()
    await line().publish([message('m-0')])
    await handling.promise
    await line().publish([message('m-1'), message('m-2')])
    // Long enough for them to arrive, and to wait behind the current batch.
    await Bun.sleep(50)
    const closing = line()
      .close()
      .then(() => finished)
    finish.resolve()
    expect(await closing).toBe(true)
    expect(received.ids()).toEqual(['m-0'])
  })

  test('after closing it is down, and publishing rejects', async () => {
    await line().close()
    expect(line().state).toBe('down')
    await expect(line().publish([message('m-1')])).rejects.toBeInstanceOf(BrokerUnavailableError)
  })
})
