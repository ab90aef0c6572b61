import { expect, test } from 'bun:test'
import { EVENT_QUEUE } from '@bets/domain/messages'
import { eventually } from '../testing/eventually.ts'
import { lineEvent } from '../testing/line-event.ts'
import { readMetrics } from '../testing/prometheus.ts'
import {
  checkQueue,
  countMessages,
  countWorkers,
  onBroker,
  publish,
  publishEvents,
} from '../traffic/broker.ts'
import { send } from '../traffic/client.ts'
import { expectCopyFollows } from '../traffic/invariants.ts'
import { runDeadLetters } from './observe.ts'
import { restorableDuringTests } from './restorable-system.ts'
import { killNow } from './system.ts'

const FEED_SYNC_INTERVAL_MS = 1_000
/** Two syncs, and slack for a busy machine. */
const HEALED_WITHIN_MS = 8_000
/** What somebody with line-provider's broker login sent, byte for byte. */
const FORGED_VERSION =
  '{"message_type":"event","data":{"event_id":"x-1","coefficient":"99999.99",' +
  '"deadline":4102444800,"state":"NEW","suspended":false,"version":9007199254740991,' +
  '"reason":null,"changed_at":"2026-11-27T12:00:00.000Z"}}'

const system = restorableDuringTests(FEED_SYNC_INTERVAL_MS)

const copyOf = async (event_id: string) => ({
  ...(
    await system.betSql`
      select version, coefficient_hundredths, state, suspended from line_events
      where event_id = ${event_id}`
  )[0],
})
const followed = () => eventually(() => expectCopyFollows(system), { withinMs: HEALED_WITHIN_MS })
/** Creates an event with a bet on it; returns the bet. */
const eventWithBet = async (event_id: string) => {
  await system.open(event_id)
  const bet = await system.bet(event_id)
  await followed()
  return bet
}
const forge = (event_id: string, fields: object) =>
  publishEvents(system.brokerUrl, [lineEvent(event_id, fields)])
const refutedByWorker = async () =>
  (await readMetrics(system.worker)).get('bets_refuted_events_total') ?? Number.NaN

test('F46 a version far above the feed is a dead letter; true changes go on', async () => {
  const bet = await eventWithBet('x-1')
  await onBroker(system.brokerUrl, async (channel) => publish(channel, 'x-1:2', FORGED_VERSION))
  await eventually(async () => expect((await countMessages(system.brokerUrl)).dead).toBe(1))
  expect(await runDeadLetters(system.brokerUrl, [])).toContain('far above the known version')
  expect(await copyOf('x-1')).toMatchObject({ version: 1, coefficient_hundredths: 150 })
  await system.change({ event_id: 'x-1', state: 'FINISHED_WIN' })
  await system.becomes(bet, { state: 'WIN', payout: '1.50' })
  await system.change({ event_id: 'x-1', state: 'CANCELLED', reason: 'rain' })
  await system.becomes(bet, { state: 'VOID', payout: '1.00' })
  await runDeadLetters(system.brokerUrl, ['drop', 'x-1:2'])
}, 30_000)

test('F46 a long burst of changes while the worker is away is no forgery', async () => {
  await system.open('burst')
  await followed()
  await killNow(system.worker)
  for (let hundredths = 200; hundredths < 1_000; hundredths++)
    await system.change({ event_id: 'burst', coefficient: (hundredths / 100).toFixed(2) })
  await system.restart('worker')
  await followed()
  expect(await copyOf('burst')).toMatchObject({ version: 801, coefficient_hundredths: 999 })
  expect((await countMessages(system.brokerUrl)).dead).toBe(0)
  expect(await refutedByWorker()).toBe(0)
}, 30_000)

test('F47 a forged coefficient, suspension or next version lasts until the next sync', async () => {
  for (const event_id of ['price', 'paused', 'next']) await system.open(event_id)
  await followed()
  const before = await refutedByWorker()
  await forge('price', { version: 1_000, coefficient: '99999.99' })
  await forge('paused', { version: 2, suspended: true })
  await forge('next', { version: 2, coefficient: '99.00' })
  const { version } = await system.change({ event_id: 'next', coefficient: '1.60' })
  expect(version).toBe(2)
  await eventually(async () =>
    expect((await checkQueue(system.brokerUrl, EVENT_QUEUE)).messageCount).toBe(0),
  )
  await followed()
  expect(await copyOf('next')).toMatchObject({ version: 2, coefficient_hundredths: 160 })
  const taken = await send('POST', `${system.betsUrl}/bet`, { event_id: 'price', bet_sum: '1.00' })
  expect(taken.body).toMatchObject({ coefficient: '1.50', event_version: 1 })
  await eventually(async () => expect(await refutedByWorker()).toBeGreaterThanOrEqual(before + 2))
  expect(system.worker.logs.join('\n')).toContain('"copy":"price:1000","line":"price:1"')
}, 30_000)

test('F48 a forged result is taken back: bets are open again and follow the true one', async () => {
  const bet = await eventWithBet('result')
  await forge('result', { version: 2, state: 'FINISHED_WIN' })
  await eventually(
    async () => {
      const { history } = (await system.get(`/bets/${bet}`)) as { history: object[] }
      expect(history).toMatchObject([
        { state: 'PENDING', event_version: 1 },
        { state: 'WIN', event_version: 2 },
        { state: 'PENDING', event_version: 1, reason: 'The line refuted the state before' },
      ])
    },
    { withinMs: HEALED_WITHIN_MS },
  )
  expect(await system.get(`/bets/${bet}`)).toMatchObject({ state: 'PENDING', payout: null })
  await system.change({ event_id: 'result', state: 'FINISHED_LOSE' })
  await system.becomes(bet, { state: 'LOSE', payout: '0.00' })
}, 30_000)

test('F49 a forged event that the line does not have: suspended, bets on it are void', async () => {
  await forge('ghost', { version: 5, coefficient: '99.00' })
  const bet = await eventually(() => system.bet('ghost'))
  const ghostIs = (expected: object) =>
    eventually(async () => expect(await copyOf('ghost')).toMatchObject(expected), {
      withinMs: HEALED_WITHIN_MS,
    })
  await ghostIs({ suspended: true, state: 'NEW' })
  await system.becomes(bet, { state: 'VOID', payout: '1.00' })
  await system.open('ghost')
  await ghostIs({ version: 1, coefficient_hundredths: 150, suspended: false })
}, 30_000)

test('F50 whoever repeats forged messages is heard once; two workers, bets go on', async () => {
  const bet = await eventWithBet('again')
  const second = await system.spawn('worker')
  await eventually(async () => expect(await countWorkers(system.brokerUrl)).toBe(2))
  let version = 1
  let sent = 0
  const deadline = performance.now() + 4 * FEED_SYNC_INTERVAL_MS
  const coefficients: number[] = []
  while (performance.now() < deadline) {
    await forge('again', { version: ++version, coefficient: '99.00', state: 'NEW' })
    sent++
    coefficients.push(Number((await copyOf('again')).coefficient_hundredths))
    await Bun.sleep(20)
  }
  const changes = coefficients.filter((now, at) => at > 0 && now !== coefficients[at - 1]).length
  console.log(`${sent} forged messages, ${changes} changes of the copy's coefficient`)
  expect(changes).toBeLessThanOrEqual(2)
  expect(await copyOf('again')).toMatchObject({ version: 1, coefficient_hundredths: 150 })
  expect((await system.get('/health/ready')).feed_age_ms).toBeLessThan(5_000)
  await system.change({ event_id: 'again', state: 'FINISHED_WIN' })
  await system.becomes(bet, { state: 'WIN', payout: '1.50' }, HEALED_WITHIN_MS)
  await killNow(second)
}, 40_000)

test('F46 make restore only=line works though a copy has a forged version', async () => {
  const backup = await system.backups.make()
  await killNow(system.worker)
  // As a version before this one took it.
  await system.betSql`
    update line_events set version = 9007199254740991, coefficient_hundredths = 9999999
    where event_id = 'r-1'`
  await system.backups.restore(backup, 'line')
  await system.restart('worker')
  await eventually(
    async () => {
      await expectCopyFollows(system)
      expect((await copyOf('r-1')).version).toBe(1_000_001)
    },
    { withinMs: HEALED_WITHIN_MS },
  )

  await system.lineSql`update feed set version_base = 9000000000000000`
  const how = [await system.backups.make(), 'line']
  const { code, output } = await system.backups.start('restore.sh', how, { yes: '1' }).done
  expect(output).toContain('too close to the highest number')
  expect(code).not.toBe(0)
}, 60_000)
