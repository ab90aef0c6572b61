import { beforeEach } from 'bun:test'
import type { EventState } from '@bets/domain/event'
import type { LineEvent } from '@bets/domain/line-event'
import { json, send } from '../../dev/testing/http.ts'
import { lineEvent, sportingEvent } from '../../dev/testing/line-event.ts'
import { createFeedSyncs } from '../src/infrastructure/feed-sync.repository.ts'
import { createLineCopy } from '../src/infrastructure/line-copy.repository.ts'
import { useBetApp } from './bet-app.ts'

export const SECOND_US = 1_000_000
export const WITHIN_US = 20_000
/** The end of the event by bet_db's clock. Bets are placed around it. */
const END_MS = Date.now() - 60_000
export const after = (ms: number) => new Date(END_MS + ms).toISOString()
/** When `placeAround` places bets, in milliseconds after the end. */
export const MOMENTS = [-1_000, 0, 19, 22, 30_000]

/** The app for a test file, with bets around the end of the event m-1. */
export async function useLateBets() {
  const db = await useBetApp()
  const syncs = createFeedSyncs(db.sql)
  /** What the copy reported during the test. */
  const seen: { endUnknown: readonly string[]; refuted: number } = { endUnknown: [], refuted: 0 }
  const copy = createLineCopy(db.sql, {
    onEndUnknown(changes) {
      seen.endUnknown = changes
    },
    onRefuted(found) {
      seen.refuted += found.length
    },
  })
  /** Says how far line_db's clock is ahead of bet_db's; null: unknown. */
  const measured = (aheadUs: number | null) => db.sql`
    update feed_position
    set line_offset_us = ${aheadUs}::bigint, line_offset_within_us = ${WITHIN_US},
        line_offset_at = clock_timestamp(), line_time = null`
  beforeEach(async () => {
    Object.assign(seen, { endUnknown: [], refuted: 0 })
    await db.sql`truncate line_events, state_changes, bets`
    await db.synced(0)
    await measured(0)
  })

  /** Places a bet of 10.00 at 1.50 and has it placed at a moment after the end. */
  async function placedAt(ms: number): Promise<number> {
    const { id } = await db.bet({ event_id: 'm-1', bet_sum: '10.00' })
    await db.sql`update bets set created_at = ${after(ms)}::timestamptz where id = ${id}`
    return id
  }
  const show = async (id: number) =>
    json<{ state: string; payout: string; history: Record<string, unknown>[] }>(
      await send(db.app, 'GET', `/bets/${id}`),
    )
  return {
    db,
    syncs,
    seen,
    measured,
    placedAt,
    show,
    /** Applies version after version of the event m-1 and settles. */
    async become(version: number, state: EventState, fields: Partial<LineEvent> = {}) {
      const changed_at = new Date().toISOString()
      await copy.apply([sportingEvent('m-1', { version, state, changed_at, ...fields })])
      await db.settle()
    },
    /** What a feed sync that begins now reads. */
    async listed(version: number, state: EventState, ended_at: string | null) {
      const event = sportingEvent('m-1', { version, state, ended_at })
      await copy.apply([event], (await syncs.begin()).beganAt)
      await db.settle()
    },
    async placeAround() {
      await db.apply(lineEvent('m-1'))
      const ids: number[] = []
      for (const ms of MOMENTS) ids.push(await placedAt(ms))
      return ids
    },
    async statesOf(ids: readonly number[]) {
      const states: string[] = []
      for (const id of ids) states.push((await show(id)).state)
      return states.join(' ')
    },
  }
}
