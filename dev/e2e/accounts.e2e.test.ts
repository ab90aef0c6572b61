import { expect, test } from 'bun:test'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { ask } from '../traffic/client.ts'
import { startTraffic } from '../traffic/traffic.ts'
import { systemDuringTests } from './system.ts'

const SECONDS = Number(process.env.ACCOUNTS_SECONDS ?? 15)
const ACCOUNTS = 200
const KEYS = 50
const CLIENTS = 24
const EVENTS = 12
const MAX_WAIT_MS = 3_000
const STATES = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED', 'NEW'] as const

const system = systemDuringTests({ LOG_LEVEL: 'warn' })
const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T

test('F65 accounts under bets, transfers, corrections: no deadlock, no cent lost', async () => {
  await system.spawn('worker')
  const apis = [system.bets, await system.spawn('bets'), await system.spawn('bets')]
  const urls = apis.map(({ url }) => url)
  const accounts = Array.from({ length: ACCOUNTS }, (_, number) => `a-${number}`)
  const events = Array.from({ length: EVENTS }, (_, number) => `held-${number}`)
  for (const event_id of events) await system.open(event_id)
  const transfer = (account_id: string, kind: string, amount: string) =>
    ask('POST', `${pick(urls)}/transfers`, {
      body: { account_id, kind, amount },
      key: crypto.randomUUID(),
    })
  await Promise.all(accounts.map((account) => transfer(account, 'deposit', '50.00')))
  const deadlocks = async () =>
    (
      await system.betSql<[{ deadlocks: number }]>`
      select deadlocks from pg_stat_database where datname = current_database()`
    )[0].deadlocks
  const traffic = await startTraffic({ name: 'beside', lineUrls: [system.lineUrl], betsUrls: urls })

  const untilMs = performance.now() + SECONDS * 1_000
  let longestMs = 0
  const counts: Record<string, number> = {}
  async function timed(name: string, asking: Promise<{ status: number } | undefined>) {
    const sentMs = performance.now()
    const kind = `${name} ${(await asking)?.status}`
    counts[kind] = (counts[kind] ?? 0) + 1
    longestMs = Math.max(longestMs, performance.now() - sentMs)
  }
  // Few keys of few bets, so that most bets are repeats of a bet that is being settled.
  const client = async () => {
    while (performance.now() < untilMs) {
      const number = Math.floor(Math.random() * KEYS * EVENTS)
      const key = Math.random() < 0.7 ? `k-${number}` : crypto.randomUUID()
      const body = {
        event_id: events[number % EVENTS],
        bet_sum: '1.00',
        account_id: accounts[number % ACCOUNTS],
      }
      await timed('bet', ask('POST', `${pick(urls)}/bet`, { body, key }))
      if (Math.random() < 0.2)
        await timed('transfer', transfer(pick(accounts), pick(['deposit', 'withdrawal']), '1.50'))
    }
  }
  const line = async () => {
    while (performance.now() < untilMs)
      await system.put({
        event_id: pick(events),
        coefficient: '1.50',
        deadline: FAR_DEADLINE,
        state: pick(STATES),
        reason: 'changed again',
      })
  }
  await Promise.all([...Array.from({ length: CLIENTS }, client), line(), line()])
  await traffic.stop()
  await system.atRest(20_000, traffic.accepted)
  const [{ entries, corrections }] = await system.betSql<
    [{ entries: number; corrections: number }]
  >`select count(*) as entries, count(*) filter (where kind = 'correction') as corrections
    from ledger_entries`
  console.log({ ...counts, entries, corrections, longestMs: Math.round(longestMs) })
  expect(await deadlocks()).toBe(0)
  expect(longestMs).toBeLessThan(MAX_WAIT_MS)
  expect(corrections).toBeGreaterThan(100)
}, 180_000)
