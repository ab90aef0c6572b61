import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  BET_MAKER_TOPOLOGY,
  DEAD_EXCHANGE,
  EVENT_CHANGED_KEY,
  EVENT_QUEUE,
  LINE_EXCHANGE,
  LINE_PROVIDER_TOPOLOGY,
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

/**
 * Does everything that a user's process does on an empty RabbitMQ. Returns whether it is allowed.
 */
const WORKS: Record<BrokerUser, () => Promise<boolean>> = {
  async line_provider() {
    const refusal = await rabbitmq.refusal('line_provider', async (channel) => {
      await declareTopology(channel, LINE_PROVIDER_TOPOLOGY)
      await publishTo(LINE_EXCHANGE, EVENT_CHANGED_KEY)(channel)
    })
    return refusal === undefined
  },
  async bet_worker() {
    const refusal = await rabbitmq.refusal('bet_worker', async (channel) => {
      await declareTopology(channel, BET_MAKER_TOPOLOGY)
      await channel.consume(EVENT_QUEUE, () => {})
      await channel.checkQueue(EVENT_QUEUE)
      await publishTo(DEAD_EXCHANGE, EVENT_CHANGED_KEY)(channel)
    })
    return refusal === undefined
  },
  async dead_letters() {
    await onBroker(rabbitmq.url, async (channel) => {
      await declareTopology(channel, BET_MAKER_TOPOLOGY)
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

/** Redeclaring what exists needs fewer permissions than declaring it. */
async function works(user: BrokerUser): Promise<boolean> {
  await onBroker(rabbitmq.url, async (channel) => {
    for (const { name } of BET_MAKER_TOPOLOGY.queues) await channel.deleteQueue(name)
    for (const name of BET_MAKER_TOPOLOGY.exchanges) await channel.deleteExchange(name)
  })
  return WORKS[user]()
}

for (const user of Object.keys(PASSWORD_OF) as BrokerUser[])
  test(`${user} has no permission that it does not need`, async () => {
    expect(await works(user)).toBe(true)
    const given = (await rabbitmq.api('GET', `permissions/%2F/${user}`)) as Patterns
    const unneeded: string[] = []
    let tried = 0
    for (const kind of KINDS) {
      const names = given[kind].match(/[a-z][a-z.\\-]*/g) ?? []
      for (const name of names) {
        const others = names.filter((other) => other !== name)
        const without = { ...given, [kind]: others.length === 0 ? '^$' : `^(${others.join('|')})$` }
        await rabbitmq.api('PUT', `permissions/%2F/${user}`, without)
        if (await works(user)) unneeded.push(`${kind} ${name}`)
        tried++
      }
    }
    await rabbitmq.api('PUT', `permissions/%2F/${user}`, given)
    console.log(`${user}: ${tried} names, each revoked once`)
    expect(unneeded).toEqual([])
    expect(tried).toBeGreaterThan(1)
    expect(await works(user)).toBe(true)
  }, 60_000)
