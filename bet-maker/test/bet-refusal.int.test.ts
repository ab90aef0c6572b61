import { expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import { lineEvent } from '../../dev/testing/line-event.ts'
import type { BetRequest, Refusal } from '../src/domain/bet-request.ts'
import { NO_LIMITS } from '../src/domain/limits.ts'
import { createBets } from '../src/infrastructure/bet.repository.ts'
import { useBetApp } from './bet-app.ts'
import { betRequest } from './fixtures.ts'

const STATES: EventState[] = ['NEW', 'FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED']
/** As text, 9.00 would be the higher one. */
const COEFFICIENT = Coefficient.parse('10.00')
const SEEN = [undefined, ...['9.00', '10.00', '11.00'].map(Coefficient.parse)]
const ACCEPT_ODDS = ['exact', 'higher', 'any'] as const
const DEADLINE_MS = 2_000_000_000_000
const LONG_AGO = 1
const FAR = 4_102_444_800

interface Case {
  state: EventState
  suspended: boolean
  /** By how much the moment is past the deadline. */
  lateMs: number
  seen: Coefficient | undefined
  acceptOdds: BetRequest['acceptOdds']
}

const cases: Case[] = STATES.flatMap((state) =>
  [false, true].flatMap((suspended) =>
    [-1, 0, 1].flatMap((lateMs) =>
      SEEN.flatMap((seen) =>
        ACCEPT_ODDS.map((acceptOdds) => ({ state, suspended, lateMs, seen, acceptOdds })),
      ),
    ),
  ),
)

/** The promise of the API, written independently. */
function expected({ state, suspended, lateMs, seen, acceptOdds }: Case): Refusal | null {
  const accepted = {
    exact: seen?.hundredths === 1_000,
    higher: seen !== undefined && seen.hundredths <= 1_000,
    any: true,
  }
  const reasons: [Refusal, boolean][] = [
    ['ended', state !== 'NEW'],
    ['suspended', suspended],
    ['deadline_passed', lateMs >= 0],
    ['odds_changed', !accepted[acceptOdds]],
  ]
  return reasons.find(([, holds]) => holds)?.[0] ?? null
}

const db = await useBetApp()

test('bet_refusal gives the first reason that holds, in every case', async () => {
  const asked = cases.map(({ state, suspended, lateMs, seen, acceptOdds }) => ({
    event: {
      ...{ state, suspended, deadline: DEADLINE_MS / 1_000 },
      coefficient_hundredths: COEFFICIENT.hundredths,
    },
    seen: seen?.hundredths,
    accept_odds: acceptOdds,
    moment_ms: DEADLINE_MS + lateMs,
  }))
  const rows = await db.sql<{ refusal: Refusal | null }[]>`
    select bet_refusal(
      json_populate_record(null::line_events, asked -> 'event'), (asked ->> 'seen')::integer,
      asked ->> 'accept_odds', to_timestamp((asked ->> 'moment_ms')::bigint / 1000.0)
    ) as refusal
    from json_array_elements(${JSON.stringify(asked)}::text::json) with ordinality a (asked, place)
    order by place`
  expect(cases).toHaveLength(4 * 2 * 3 * 4 * 3)
  for (const [index, row] of rows.entries())
    expect(row.refusal, JSON.stringify(cases[index])).toBe(expected(cases[index] as Case))
})

/** Every case of the table on an event of its own, and one on an unknown event. */
const placeAll = () => {
  const bets = createBets(db.sql, {
    feedMaxAgeMs: 20_000,
    limits: NO_LIMITS,
    batchMax: 500,
    queueMax: 10_000,
  })
  const request = betRequest({ sum: BetSum.parse('1.00') })
  return Promise.all(
    [undefined, ...cases.filter(({ lateMs }) => lateMs !== 0)].map(async (asked) => {
      const { seen, acceptOdds = 'any' as const } = asked ?? {}
      const placed = bets.place({ ...request, eventId: eventOf(asked), seen, acceptOdds })
      return { asked, placement: await placed }
    }),
  )
}
const eventOf = (asked: Case | undefined) =>
  asked === undefined ? 'unknown' : `${asked.state}:${asked.suspended}:${asked.lateMs}`

test('place_bets places what bet_refusal accepts; explain_refusals explains the rest', async () => {
  const events = new Map(cases.map((asked) => [eventOf(asked), asked]))
  await db.apply(
    ...[...events].map(([id, { state, suspended, lateMs }]) => {
      const deadline = lateMs < 0 ? FAR : LONG_AGO
      return lineEvent(id, { state, suspended, deadline, coefficient: '10.00', version: 7 })
    }),
  )
  for (const ageMs of [0, null, 20_500, -5_000]) {
    await db.sql`truncate bets`
    await db.synced(ageMs)
    let placed = 0
    for (const { asked, placement } of await placeAll()) {
      const refusal = asked && (expected(asked) ?? undefined)
      const fresh = ageMs === 0
      const shown = JSON.stringify({ ageMs, ...asked })
      if (fresh && asked !== undefined && refusal === undefined) {
        placed++
        expect(placement, shown).toMatchObject({ kind: 'placed', bet: { eventVersion: 7 } })
        continue
      }
      const event = asked && { refusal, coefficient: COEFFICIENT, version: 7 }
      expect(placement, shown).toEqual({
        kind: 'not_placed',
        earlier: undefined,
        feedFresh: fresh,
        event,
        balanceCents: undefined,
      })
    }
    expect(await db.sql`select from bets where coefficient_hundredths = 1000`).toHaveLength(placed)
    expect(placed).toBe(ageMs === 0 ? 7 : 0)
  }
})
