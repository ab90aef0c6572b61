import { expect, test } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { eventually } from '../testing/eventually.ts'
import { lineEvent } from '../testing/line-event.ts'
import { summarise } from '../traffic/answered.ts'
import { countMessages, countWorkers, publishEvents } from '../traffic/broker.ts'
import { send } from '../traffic/client.ts'
import { expectBetsFollow, expectBetsOnce, expectCopyFollows } from '../traffic/invariants.ts'
import { closedMs, replacedBy } from './backups.ts'
import { BETTORS, EVENTS, restorableDuringTests } from './restorable-system.ts'
import { killNow } from './system.ts'

const FEED_SYNC_INTERVAL_MS = 500
/** A feed sync every half second, and slack: the feed is one page. */
const BACK_WITHIN_MS = 5_000

const system = restorableDuringTests(FEED_SYNC_INTERVAL_MS)

const bet = (event_id: string) =>
  send('POST', `${system.betsUrl}/bet`, { event_id, bet_sum: '10.00' })
const line = async () =>
  new Map(
    (await system.lineSql<LineEvent[]>`select * from events`).map(
      (event) => [event.event_id, event] as const,
    ),
  )
const known = async (event_id: string) => ({
  ...(
    await system.betSql`
      select state, suspended, version from line_events where event_id = ${event_id}`
  )[0],
})
/** Unsuspends every open event, as an operator does after checking it. */
async function unsuspendAll(): Promise<void> {
  for (const { event_id, state } of (await line()).values())
    if (state === 'NEW') expect((await system.put({ event_id, suspended: false })).status).toBe(200)
}
const followed = () =>
  eventually(
    async () => {
      await expectCopyFollows(system)
      await expectBetsFollow(system)
    },
    { withinMs: 10_000 },
  )

test('F24 older line restored under load: bet-maker follows; old messages are void', async () => {
  await system.open('corrected')
  await system.open('ended')
  await followed()
  const won = await bet('corrected')
  expect(won.status).toBe(201)
  expect((await bet('ended')).status).toBe(201)
  await system.put({ event_id: 'ended', state: 'CANCELLED' })
  await system.open('paused')
  await system.put({ event_id: 'paused', suspended: true, reason: 'the referee is ill' })

  const load = system.startBettors()
  let over = false
  const statuses = new Set<number>()
  const changing = (async () => {
    for (let hundredths = 200; !over; hundredths++) {
      statuses.add(
        (
          await system.put({
            event_id: `r-${hundredths % EVENTS}`,
            coefficient: (hundredths / 100).toFixed(2),
          })
        ).status,
      )
      await Bun.sleep(5)
    }
  })()
  await eventually(() => expect(load.accepted.size).toBeGreaterThan(2 * BETTORS))
  const backup = await system.backups.make()
  const backedUp = await line()

  // After the backup: a new event with bets on it, and a result.
  await system.open('lost')
  expect((await bet('lost')).status).toBe(201)
  await system.put({ event_id: 'corrected', state: 'FINISHED_WIN' })
  await eventually(async () =>
    expect(await system.get(`/bets/${won.body.id}`)).toMatchObject({
      state: 'WIN',
      payout: '15.00',
    }),
  )
  // A worker is stopped while it holds messages of the replaced line, until after the restore.
  const stopped = await system.spawn('worker')
  await eventually(async () => expect(await countWorkers(system.brokerUrl)).toBe(2))
  stopped.kill('SIGSTOP')
  for (let change = 0; change < 40; change++)
    await system.put({
      event_id: change % 2 ? 'lost' : 'corrected',
      suspended: change % 4 < 2,
      coefficient: '2.00',
    })

  const output = await system.backups.restore(backup, 'line')
  const restoredAtMs = performance.now()
  console.log(output)
  await eventually(
    async () => {
      const [row] = await system.betSql`select version_base, fresh_at from feed_position`
      expect(row).toMatchObject({ version_base: 1_000_000, fresh_at: expect.any(String) })
    },
    { withinMs: BACK_WITHIN_MS },
  )
  const freshMs = performance.now() - restoredAtMs

  // The first feed sync of the restored line has completed. Now messages of the replaced line
  // arrive, from the stopped worker and the broker.
  stopped.kill('SIGCONT')
  await stopped.waitReady()
  await publishEvents(system.brokerUrl, [
    lineEvent('lost', { version: 900, coefficient: '9.00' }),
    lineEvent('ghost', { version: 3 }),
    lineEvent('corrected', { version: 900, state: 'FINISHED_LOSE' }),
  ])
  await eventually(async () =>
    expect(await countMessages(system.brokerUrl)).toEqual({ waiting: 0, dead: 0 }),
  )
  await killNow(stopped)
  expect(await known('lost')).toMatchObject({ state: 'NEW', suspended: true })
  expect(await known('ghost')).toEqual({})
  expect((await bet('lost')).body).toMatchObject({ code: 'EVENT_NOT_OPEN', reason: 'suspended' })
  expect((await bet('ghost')).body).toMatchObject({ code: 'EVENT_NOT_FOUND' })

  // Open events are suspended for an operator, others are unchanged. All versions are raised by
  // 1,000,000.
  const restored = await line()
  expect(restored.has('lost')).toBe(false)
  expect(restored.get('ended')).toMatchObject({
    state: 'CANCELLED',
    reason: null,
    suspended: false,
  })
  expect(restored.get('paused')).toMatchObject({ suspended: true, reason: 'the referee is ill' })
  expect(restored.get('corrected')).toMatchObject({
    ...{ state: 'NEW', suspended: true, version: 1_000_001 },
    reason: expect.stringContaining('restored from a backup'),
  })
  expect([...restored.keys()].sort()).toEqual([...backedUp.keys()].sort())
  for (const { event_id, state, suspended } of restored.values()) {
    if (state !== 'NEW') continue
    expect(suspended).toBe(true)
    expect((await bet(event_id)).body).toMatchObject({
      code: 'EVENT_NOT_OPEN',
      reason: 'suspended',
    })
  }

  // A result that the restored line does not have is withdrawn; the bet's history shows it.
  await followed()
  const reopened = await system.get(`/bets/${won.body.id}`)
  expect(reopened).toMatchObject({ state: 'PENDING', payout: null })
  expect(reopened.history).toMatchObject([
    { state: 'PENDING' },
    { state: 'WIN', event_version: 2 },
    { state: 'PENDING', event_version: 1_000_001, reason: expect.stringContaining('restored') },
  ])

  await unsuspendAll()
  await eventually(async () => expect((await bet('corrected')).status).toBe(201))
  const before = load.accepted.size
  await eventually(() => expect(load.accepted.size).toBeGreaterThan(before + BETTORS))
  over = true
  await Promise.all([changing, load.stop()])
  await followed()
  await expectBetsOnce(system, load.accepted)
  // While the database was closed, changes and bets were refused as during any outage.
  expect([...statuses].sort()).toEqual([200, 503])
  const { longestMs, counts } = summarise(load.answers)
  expect(
    Object.keys(counts).filter((answer) => !/^(200|201|409 .*|503 FEED_DOWN)$/.test(answer)),
  ).toEqual([])
  console.log(
    `line_db closed for ${closedMs(output)} ms; feed fresh ${freshMs.toFixed(0)} ms after; ` +
      `longest answer ${longestMs} ms; ${JSON.stringify(counts)}`,
  )
}, 60_000)

test('F24 line restored twice and put back: versions only rise, bet-maker follows', async () => {
  const backup = await system.backups.make()
  await system.open('later')
  await followed()
  const first = await system.backups.restore(backup, 'line')
  await followed()
  await system.put({ event_id: 'r-1', suspended: false, coefficient: '7.00' })
  await followed()
  const published = (await line()).get('r-1')?.version ?? Number.NaN
  await system.backups.restore(backup, 'line')
  await followed()
  const again = await line()
  expect(again.get('r-1')).toMatchObject({ suspended: true })
  const restored = again.get('r-1')?.version ?? Number.NaN
  expect(restored).toBeGreaterThan(published)
  expect(again.has('later')).toBe(false)

  await system.backups.restore(replacedBy(first), 'line')
  await followed()
  const later = (await line()).get('later')
  expect(later).toMatchObject({ suspended: true })
  expect(later?.version).toBeGreaterThan(restored)
  await unsuspendAll()
  await eventually(async () => expect((await bet('later')).status).toBe(201))
  await followed()
}, 60_000)
