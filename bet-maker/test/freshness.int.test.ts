import { expect, test } from 'bun:test'
import { isFresh } from '../src/domain/freshness.ts'
import { createFreshness } from '../src/infrastructure/feed-sync.repository.ts'
import { useBetApp } from './bet-app.ts'

const MAX_AGE_MS = 20_000
/** Around both ends, down to the resolution of the clock, a microsecond. */
const AROUND_MS = [-1_000, -1, -0.5, -0.4, -0.001, 0, 0.001, 0.4, 0.5, 1, 1_000]
const AGES_MS = [...AROUND_MS, ...AROUND_MS.map((ms) => MAX_AGE_MS + ms), -5e9, 5e9]

const db = await useBetApp()

test('feed_is_fresh and isFresh judge every age alike', async () => {
  const rows = await db.sql<{ age_ms: number; fresh: boolean }[]>`
    select (extract(epoch from moment - fresh_at) * 1000)::double precision as age_ms,
           feed_is_fresh(fresh_at, moment, ${MAX_AGE_MS}::integer) as fresh
    from (select timestamptz '2026-07-01 12:00+00' as moment) m
    cross join json_array_elements_text(${JSON.stringify(AGES_MS)}::text::json)
      with ordinality ages (age, place)
    cross join lateral (select moment - age::float8 * interval '1 millisecond' as fresh_at) f
    order by place`
  expect(rows.map(({ age_ms }) => age_ms)).toEqual(AGES_MS)
  for (const { age_ms, fresh } of rows) expect(isFresh(age_ms, MAX_AGE_MS), `${age_ms}`).toBe(fresh)
  expect(rows.filter(({ fresh }) => fresh)).toHaveLength(6 + 6)
  const [none] = await db.sql`select feed_is_fresh(null, now(), 1) is true as fresh`
  expect(none?.fresh).toBe(isFresh(null, 1))
})

test('the age that isFresh judges is not rounded', async () => {
  await db.synced(0)
  const feed = createFreshness(db.sql)
  const ages = [await feed.feedAgeMs(), await feed.feedAgeMs(), await feed.feedAgeMs()]
  expect(ages.some((ms) => ms !== null && !Number.isInteger(ms))).toBe(true)
})

test('feed_is_fresh becomes part of the statement that asks', async () => {
  const plan = await db.sql`
    explain (verbose) select from feed_position where feed_is_fresh(fresh_at, now(), 20000)`
  expect(JSON.stringify(plan)).toContain('fresh_at >= (now()')
  expect(JSON.stringify(plan)).not.toContain('feed_is_fresh')
})
