import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  BET_MAKER_TOPOLOGY,
  DEAD_EXCHANGE,
  DEAD_QUEUE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
} from '@bets/domain/messages'
import { declareTopology } from '@bets/platform/broker/rabbitmq-connection'
import { runDeadLetters } from '../e2e/observe.ts'
import { eventually } from '../testing/eventually.ts'
import { deadLetters, onBroker } from '../traffic/broker.ts'
import { type BrokerUser, PASSWORD_OF, startGuardedRabbitMq } from './guarded-rabbitmq.ts'
import { publishTo } from './refused-by-broker.ts'

const STARTS_MS = 60_000
const KINDS = ['configure', 'write', 'read'] as const
type Patterns = Record<(typeof KINDS)[number], string>

let rabbitmq: Awaited<ReturnType<typeof startGuardedRabbitMq>>

beforeAll(async () => {
  rabbitmq = await startGuardedRabbitMq()
}, STARTS_MS)
afterAll(() => rabbitmq.remove())

/** Does everything that a user's process does. Returns whether it is allowed. */
const works: Record<BrokerUser, () => Promise<boolean>> = {
  async line_provider() {
    const publish = publishTo(LINE_EXCHANGE, EVENT_CHANGED_KEY)
    return (await rabbitmq.refusal('line_provider', publish)) === undefined
  },
  async bet_worker() {
    const refusal = await rabbitmq.refusal('bet_worker', async (channel) => {
      await channel.consume(EVENT_QUEUE, () => {})
      await publishTo(DEAD_EXCHANGE, EVENT_CHANGED_KEY)(channel)
    })
    return refusal === undefined
  },
  async dead_letters() {
    await onBroker(rabbitmq.url, async (channel) => {
      await channel.purgeQueue(DEAD_QUEUE)
      channel.publish(DEAD_EXCHANGE, EVENT_CHANGED_KEY, Buffer.from('{}'))
    })
    await eventually(async () => expect(await deadLetters(rabbitmq.url)).toBe(1))
    // As the command itself, which leaves nothing behind: its lock would refuse the next one for
    // another reason.
    return runDeadLetters(rabbitmq.urlOf('dead_letters'), ['replay', '--all']).then(
      () => true,
      (error) => {
        console.log(String(error))
        return false
      },
    )
  },
}

test('F41 what the deployment declares is what the services would declare', async () => {
  const named = async (kind: 'exchanges' | 'queues') =>
    ((await rabbitmq.api('GET', `${kind}/%2F`)) as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== '' && !name.startsWith('amq.'))
      .sort()
  const declared = async () => ({
    exchanges: await named('exchanges'),
    queues: await named('queues'),
    bindings: (await rabbitmq.api('GET', 'bindings/%2F')) as object[],
  })
  const before = await declared()
  expect(before).toMatchObject({
    exchanges: [...BET_MAKER_TOPOLOGY.exchanges].sort(),
    queues: BET_MAKER_TOPOLOGY.queues.map(({ name }) => name).sort(),
  })
  // RabbitMQ refuses a declaration that differs from what exists.
  await onBroker(rabbitmq.url, (channel) => declareTopology(channel, BET_MAKER_TOPOLOGY))
  expect(await declared()).toEqual(before)
})

for (const user of Object.keys(PASSWORD_OF) as BrokerUser[])
  test(`F41 ${user} has no permission that it does not need`, async () => {
    expect(await works[user]()).toBe(true)
    const given = (await rabbitmq.api('GET', `permissions/%2F/${user}`)) as Patterns
    const unneeded: string[] = []
    let tried = 0
    for (const kind of KINDS) {
      const names = given[kind].match(/[a-z][a-z.\\-]*/g) ?? []
      for (const name of names) {
        const others = names.filter((other) => other !== name)
        const without = { ...given, [kind]: others.length === 0 ? '^$' : `^(${others.join('|')})$` }
        await rabbitmq.api('PUT', `permissions/%2F/${user}`, without)
        if (await works[user]()) unneeded.push(`${kind} ${name}`)
        tried++
      }
    }
    await rabbitmq.api('PUT', `permissions/%2F/${user}`, given)
    console.log(`${user}: ${tried} names, each revoked once`)
    expect(unneeded).toEqual([])
    expect(tried).toBeGreaterThan(0)
    expect(await works[user]()).toBe(true)
  }, 60_000)
