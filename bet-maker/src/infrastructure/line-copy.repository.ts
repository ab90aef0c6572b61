import { InvalidValueError } from '@bets/domain/errors'
import { changeId, type SportingEvent } from '@bets/domain/event'
import { query, retryRefused, sqlState } from '@bets/platform/postgres/database'
import type { Sql } from 'postgres'
import type { Applied, LineCopy } from '../application/ports.ts'

/** SQLSTATEs of data that no retry can fix: data exceptions, violated constraints. */
const DATA_AT_FAULT = /^2[23]/

/** A copy of an event that the line has refuted, and what replaced it; both as `changeId`. */
export interface Refuted {
  copy: string
  line: string
}

/** Who learns of changes of the copy; neither may throw. */
interface Listeners {
  /** Gets the ids (`changeId`) of the changes that were new to the copy. */
  onTaken?(changes: readonly string[]): void
  /**
   * Gets the ids of changes that ended an event when nobody knows by this clock: late bets stand.
   */
  onEndUnknown?(changes: readonly string[]): void
  /** Gets the copies that were false: somebody forges messages, or a change was lost. */
  onRefuted?(refuted: readonly Refuted[]): void
}

interface AppliedRow {
  event_id: string
  version: number
  owed: boolean
  outcome: 'taken' | 'refuted' | 'far'
  replaced?: number
  end_unknown: boolean
}

/** The copy for the worker. */
export function createLineCopy(sql: Sql, listeners: Listeners = {}): LineCopy {
  const hear = (changes: string) =>
    sql<AppliedRow[]>`select * from apply_line_events(${changes}::text)`
  const take = (readSince: string) => (changes: string) =>
    sql<AppliedRow[]>`select * from take_events(${changes}::text, ${readSince}::timestamptz)`
  return {
    apply: (events, readSince) =>
      run(readSince === undefined ? hear : take(readSince), events.map(toChange), listeners),
    refute: (eventIds, readSince) =>
      run(
        take(readSince),
        eventIds.map((event_id) => ({ event_id, reason: 'The line does not have this event' })),
        listeners,
      ),
  }
}

/** The copy for the API: takes in events that are unknown, and leaves the others as they are. */
export function createLearnedEvents(sql: Sql, listeners: Listeners = {}): Pick<LineCopy, 'apply'> {
  const learn = (changes: string) => sql<AppliedRow[]>`select * from learn_events(${changes}::text)`
  return { apply: (events) => run(learn, events.map(toChange), listeners) }
}

async function run(
  statement: (changes: string) => PromiseLike<AppliedRow[]>,
  changes: readonly object[],
  { onTaken, onEndUnknown, onRefuted }: Listeners,
): Promise<Applied> {
  if (changes.length === 0) return { owed: false, far: new Set() }
  const said = JSON.stringify(changes)
  try {
    const rows = await retryRefused(() => query(statement(said)))
    const of = (outcome: AppliedRow['outcome']) => rows.filter((row) => row.outcome === outcome)
    const [taken, refuted] = [of('taken'), of('refuted')]
    if (taken.length > 0) onTaken?.(taken.map(idOf))
    const endUnknown = rows.filter((row) => row.end_unknown)
    if (endUnknown.length > 0) onEndUnknown?.(endUnknown.map(idOf))
    if (refuted.length > 0) onRefuted?.(refuted.map(toRefuted))
    return { owed: rows.some(({ owed }) => owed), far: new Set(of('far').map(idOf)) }
  } catch (error) {
    if (DATA_AT_FAULT.test(sqlState(error) ?? ''))
      throw new InvalidValueError('does not fit the tables', { cause: error })
    throw error
  }
}

function toChange(change: SportingEvent): object {
  const { eventId, coefficient, changedAt, endedAt, ...event } = change
  return {
    ...event,
    event_id: eventId,
    coefficient_hundredths: coefficient.hundredths,
    changed_at: changedAt,
    ended_at: endedAt,
    end_stated: endedAt !== undefined,
  }
}

function idOf({ event_id, version }: Pick<AppliedRow, 'event_id' | 'version'>): string {
  return changeId({ eventId: event_id, version })
}

function toRefuted(row: AppliedRow): Refuted {
  const { event_id, replaced = row.version } = row
  return { copy: idOf({ event_id, version: replaced }), line: idOf(row) }
}
