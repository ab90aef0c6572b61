import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import postgres from 'postgres'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { createBetRecords } from '../src/infrastructure/bet-record.repository.ts'
import { type BetApp, createBetApp } from './bet-app.ts'

const SMALL = { events: 40, bets: 200 }
const GROWTH = 1_000
const CALLS = 15
/** A scan of the grown tables would cost some hundred times as much, noise does not. */
const SLOWER = 8
const NOISE_MS = 15

const idsOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `e-${from + i}`).sort()
/** The first and the last events. */
const FIRST = idsOf(1, SMALL.events)
const LAST = idsOf(SMALL.events * GROWTH, SMALL.events)

for (const analyzed of [false, true])
  describe(`tables ${analyzed ? 'last analyzed while they were small' : 'never analyzed'}`, () => {
    let db: BetApp
    /**
     * Without the settings of the services' connections, to test the settings of the functions
     * alone.
     */
    let plain: ReturnType<typeof postgres>
    const before: Record<string, number> = {}

    beforeAll(async () => {
      db = await createBetApp()
      plain = postgres(db.url, { max: 1, onnotice: () => {} })
      await plain`alter table bets set (autovacuum_enabled = false)`
      await plain`alter table line_events set (autovacuum_enabled = false)`
      await plain`update feed_position set fresh_at = clock_timestamp()`
      await addEvents(1, SMALL.events)
      // All on one event, so that by the statistics every bet is on the requested event.
      await addBets(SMALL.bets, 1, 1)
      if (analyzed) await plain`analyze`
      for (const [name, call] of Object.entries(callsOn(db, plain, FIRST)))
        before[name] = await medianMs(call)
      await addEvents(SMALL.events + 1, SMALL.events * GROWTH)
      await addBets(SMALL.bets * GROWTH, SMALL.events + 1, SMALL.events * GROWTH)
    })
    afterAll(async () => {
      await plain.end({ timeout: 1 })
      await db.close()
    })

    const addEvents = (from: number, count: number) => plain`
      insert into line_events (event_id, coefficient_hundredths, deadline, state, suspended,
                               version, state_version, settled_version, applied_at)
      select 'e-' || n, 150, ${FAR_DEADLINE}::bigint, 'NEW', false, 1, 1, 1, now()
      from generate_series(${from}::integer, ${from + count - 1}::integer) n`

    /** The ids cycle through the events. */
    const addBets = (count: number, fromEvent: number, events: number) => plain`
      insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                        state, created_at, client, idempotency_key, accept_odds)
      select 'e-' || (${fromEvent}::integer + n % ${events}::integer), 100, 150, 1, 1, 'PENDING',
             now(), '', ${fromEvent}::integer || '-' || n, 'any'
      from generate_series(1, ${count}::integer) n`

    // A connection keeps the plans that it made while the tables were small, until they are
    // discarded.
    for (const plans of ['kept', 'new'])
      for (const [which, events] of Object.entries({ first: FIRST, last: LAST }))
        test(`1,000 times as much is not slower: ${plans} plans, ${which} events`, async () => {
          if (plans === 'new') await plain`discard plans`
          for (const [name, call] of Object.entries(callsOn(db, plain, events))) {
            const ms = await medianMs(call)
            const limitMs = (before[name] as number) * SLOWER + NOISE_MS
            expect(ms, `${name} took ${before[name]} ms before`).toBeLessThan(limitMs)
          }
        }, 60_000)
  })

/** The median time of a call in milliseconds, of enough calls for the server to keep a plan. */
async function medianMs(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < CALLS; n++) {
    const startMs = performance.now()
    await call()
    times.push(performance.now() - startMs)
  }
  return times.sort((a, b) => a - b)[CALLS >> 1] as number
}

let number = 0

/** Calls of each of bet-maker's functions, for these events. */
function callsOn(
  { sql }: BetApp,
  plain: ReturnType<typeof postgres>,
  events: string[],
): Record<string, () => Promise<unknown>> {
  const records = createBetRecords(sql)
  const ids = JSON.stringify(events)
  const changed = (version: number, state: string) =>
    JSON.stringify(
      events.map((event_id) => ({
        ...{ event_id, version, state, coefficient_hundredths: 150, deadline: FAR_DEADLINE },
        suspended: false,
      })),
    )
  return {
    async place_bets() {
      const key = ++number
      const bet = { sum_cents: 100, accept_odds: 'any', client: '' }
      const requests = events.map((event_id, request) => {
        return { ...bet, request, event_id, key: `k-${key}-${request}` }
      })
      const placed =
        await plain`select * from place_bets(${JSON.stringify(requests)}::text, 3600000)`
      expect(placed).toHaveLength(events.length)
    },
    async explain_refusals() {
      const requests = events.map((event_id, request) => {
        return { request, event_id, client: '', key: `1-${request + 1}` }
      })
      const explained =
        await plain`select * from explain_refusals(${JSON.stringify(requests)}::text, 3600000)`
      expect(explained.every(({ version, bet_id }) => version !== null && bet_id !== null)).toBe(
        true,
      )
    },
    async settle_chunk() {
      const [chunk] = await plain`select * from settle_chunk(${ids}::text, '', 0, 100)`
      expect(Number(chunk?.looked)).toBe(100)
    },
    async apply_line_events() {
      const changes = changed(1 + ++number, 'NEW')
      const applied = await plain`select * from apply_line_events(${changes}::text)`
      expect(applied).toHaveLength(events.length)
    },
    async take_events() {
      // Confirmed, ended, and open again.
      for (const [more, state] of Object.entries(['NEW', 'CANCELLED', 'NEW'])) {
        const changes = changed(1 + number + Number(more), state)
        await plain`select * from take_events(${changes}::text, clock_timestamp())`
      }
      number += 2
    },
    async finish_settling() {
      const versions = events.map((event_id) => ({ event_id, state_version: 1 }))
      await plain`select * from finish_settling(${JSON.stringify(versions)}::text)`
    },
    async list_bets_of_event() {
      for (const eventId of events.slice(0, 5))
        for (const state of [undefined, 'WIN' as const])
          await records.list({ client: '', state, eventId }, undefined, 100)
    },
    async list_bets() {
      for (const state of [undefined, 'WIN' as const])
        await records.list({ client: '', state, eventId: undefined }, undefined, 100)
    },
    async mark_listed() {
      await plain`select mark_listed(clock_timestamp(), ${ids}::text)`
    },
    async suspend_unlisted() {
      await plain`
        select suspend_unlisted((select pass from feed_position), '-infinity'::timestamptz,
                                ${events[0] ?? ''}, 40)`
    },
  }
}
