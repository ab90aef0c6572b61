import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { RelayLease } from '../src/application/ports.ts'
import { createRelayLease } from '../src/infrastructure/relay-lease.repository.ts'
import { createLineApp, type LineApp } from './line-app.ts'

let line: LineApp
let lease: RelayLease

beforeAll(async () => {
  line = await createLineApp()
  lease = createRelayLease(line.sql)
})
beforeEach(async () => {
  await line.sql`update relay_lease set holder = null, lease_until = null, published_seq = 0`
})
afterAll(() => line.close())

test('one holds the lease and may prolong it, nobody else gets it until it is given back', async () => {
  expect(await lease.hold('a', 10_000)).toBe(0)
  expect(await lease.hold('b', 10_000)).toBeUndefined()
  expect(await lease.hold('a', 10_000)).toBe(0)
  await lease.release('b')
  expect(await lease.hold('b', 10_000)).toBeUndefined()
  await lease.release('a')
  expect(await lease.hold('b', 10_000)).toBe(0)
})

test('of many who ask at once one gets it', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => lease.hold(`relay-${n}`, 10_000)),
  )
  expect(answers.filter((published) => published !== undefined)).toEqual([0])
})

test('a lease that was not prolonged in time is the next one’s, with what was noted', async () => {
  await lease.hold('a', 10_000)
  const atMs = await lease.advance('a', 7)
  expect(Math.abs((atMs ?? 0) - Date.now())).toBeLessThan(60_000)
  await lease.hold('a', 0)
  expect(await lease.hold('b', 10_000)).toBe(7)
})

test('only the holder notes what is published, and never less than before', async () => {
  await lease.hold('a', 10_000)
  expect(await lease.advance('b', 5)).toBeUndefined()
  expect(await lease.advance('a', 5)).toBeNumber()
  expect(await lease.advance('a', 4)).toBeUndefined()
  expect(await lease.hold('a', 10_000)).toBe(5)
})
