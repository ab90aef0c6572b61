import { beforeEach, expect, test } from 'bun:test'
import { createRelayLease } from '../src/infrastructure/relay-lease.repository.ts'
import { useLineApp } from './line-app.ts'

const line = await useLineApp()
const lease = createRelayLease(line.sql)
beforeEach(async () => {
  await line.sql`update feed set last_seq = 10`
  await line.sql`update relay_lease set holder = null, lease_until = null, published_seq = 0`
})

test('one relay holds and renews the lease; no other gets it until it is released', async () => {
  expect(await lease.hold('a', 10_000)).toBe(0)
  expect(await lease.hold('b', 10_000)).toBeUndefined()
  expect(await lease.hold('a', 10_000)).toBe(0)
  await lease.release('b')
  expect(await lease.hold('b', 10_000)).toBeUndefined()
  await lease.release('a')
  expect(await lease.hold('b', 10_000)).toBe(0)
})

test('of many concurrent requests one gets the lease', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => lease.hold(`relay-${n}`, 10_000)),
  )
  expect(answers.filter((published) => published !== undefined)).toEqual([0])
})

test('a lease not renewed in time goes to the next relay, with the recorded position', async () => {
  await lease.hold('a', 10_000)
  const atMs = await lease.advance('a', 7)
  expect(Math.abs((atMs ?? 0) - Date.now())).toBeLessThan(60_000)
  await lease.hold('a', 0)
  expect(await lease.hold('b', 10_000)).toBe(7)
})

test('only the holder records what is published, and the position never goes back', async () => {
  await lease.hold('a', 10_000)
  expect(await lease.advance('b', 5)).toBeUndefined()
  expect(await lease.advance('a', 5)).toBeNumber()
  expect(await lease.advance('a', 4)).toBeUndefined()
  expect(await lease.hold('a', 10_000)).toBe(5)
})

test('the position never goes beyond the feed', async () => {
  await lease.hold('a', 10_000)
  expect(await lease.advance('a', 11)).toBeUndefined()
  expect(await lease.advance('a', 10)).toBeNumber()
})
