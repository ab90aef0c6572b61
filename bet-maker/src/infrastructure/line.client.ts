import { Changes, FEED_PAGE_MAX, LINE_TIME_HEADER, VERSION_BASE_HEADER } from '@bets/domain/feed'
import { fromLineEvent, LineEvent } from '@bets/domain/line-event'
import { MomentText } from '@bets/domain/moment'
import { OpenEvents, writeOpenEventsCursor } from '@bets/domain/open-events'
import { FairQueue } from '@bets/platform/process/fair-queue'
import { readBounded } from '@bets/platform/process/read-bounded'
import { type Static, type TSchema, Type } from 'typebox'
import { TypeCompiler } from 'typebox/compiler'
import type { Line } from '../application/ports.ts'
import { LineUnavailableError } from '../domain/errors.ts'

const PAGE_LIMIT = FEED_PAGE_MAX
/** A page of 1,000 events with the longest reasons takes 3 MB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024
const OPEN_EVENTS = '/events'
const NEXT_LINK = /<([^>]*)>;\s*rel="next"/
/** How many events are looked up at once: made-up ids must not flood line-provider. */
const LOOKUPS_AT_ONCE = 16
/** How many pages after the first are read at once: neither must made-up cursors. */
const PAGES_AT_ONCE = 8
const QUEUED = { maxWaiting: 1_000, maxWaitMs: 600 }
/** Nobody knows who reads the open events. */
const ANYONE = ''

const isEvent = checker(LineEvent)
const isEvents = checker(OpenEvents)
const isProblem = checker(Type.Object({ code: Type.String() }))
const isMoment = checker(MomentText)
const isChanges = checker(Changes)

export interface LineClientOptions {
  /** Where line-provider answers, like `http://127.0.0.1:8100`. */
  baseUrl: string
  /** Time limit of one request. */
  timeoutMs: number
}

interface Answer {
  status: number
  body: unknown
  link: string | null
  versionBase: string | null
  lineTime: string | null
}

/**
 * line-provider's HTTP API. An answer that the contract does not allow counts as no answer. Looking
 * up events and turning pages is queued, a few requests at once; clients take turns, so that none
 * takes the place of another.
 */
export function createLineClient({ baseUrl, timeoutMs }: LineClientOptions): Line {
  const get = async (path: string, signal: AbortSignal): Promise<Answer> => {
    try {
      const response = await fetch(new URL(path, baseUrl), { signal, redirect: 'error' })
      const bytes = await readBounded(response.body, MAX_ANSWER_BYTES)
      const body: unknown = JSON.parse(bytes.toString())
      const { headers, status } = response
      return {
        status,
        body,
        link: headers.get('link'),
        versionBase: headers.get(VERSION_BASE_HEADER),
        lineTime: headers.get(LINE_TIME_HEADER),
      }
    } catch (cause) {
      throw new LineUnavailableError({ cause })
    }
  }
  const timeLimit = () => AbortSignal.timeout(timeoutMs)
  const lookups = new FairQueue({ ...QUEUED, concurrency: LOOKUPS_AT_ONCE })
  const laterPages = new FairQueue({ ...QUEUED, concurrency: PAGES_AT_ONCE })

  return {
    openEvents(after, limit) {
      const read = async () => {
        const cursor = after && `&cursor=${encodeURIComponent(writeOpenEventsCursor(after))}`
        const answer = await get(`${OPEN_EVENTS}?limit=${limit}${cursor ?? ''}`, timeLimit())
        const events = contentOf(answer, isEvents).map(fromLineEvent)
        return { events, next: hasNextPage(answer.link) ? events.at(-1) : undefined }
      }
      return after === undefined ? read() : laterPages.run(ANYONE, read)
    },

    async event(eventId, client) {
      const path = `/event/${encodeURIComponent(eventId)}`
      const answer = await lookups.run(client, () => get(path, timeLimit()))
      // Any other 404 does not come from line-provider.
      if (answer.status === 404 && isProblem(answer.body) && answer.body.code === 'EVENT_NOT_FOUND')
        return undefined
      const event = contentOf(
        answer,
        (body): body is LineEvent => isEvent(body) && body.event_id === eventId,
      )
      return fromLineEvent(event)
    },

    async changes(after) {
      const place = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
      const answer = await get(`/events/changes?limit=${PAGE_LIMIT}${place}`, timeLimit())
      if (answer.status === 410 && isProblem(answer.body) && answer.body.code === 'CURSOR_EXPIRED')
        return 'expired'
      const { items, cursor } = contentOf(answer, isChanges)
      return {
        items: items.map(fromLineEvent),
        cursor,
        versionBase: wholeNumber(answer.versionBase),
        lineTime: isMoment(answer.lineTime) ? answer.lineTime : undefined,
        last: items.length < PAGE_LIMIT,
      }
    },
  }
}

/** Whether there is a next page. The link is not followed, but one to elsewhere is no answer. */
function hasNextPage(link: string | null): boolean {
  const [, target] = NEXT_LINK.exec(link ?? '') ?? []
  if (target !== undefined && !target.startsWith(`${OPEN_EVENTS}?`))
    throw new LineUnavailableError({ cause: 'line-provider links to another path' })
  return target !== undefined
}

function contentOf<T>({ status, body }: Answer, is: (body: unknown) => body is T): T {
  if (status !== 200 || !is(body))
    throw new LineUnavailableError({ cause: `line-provider answered ${status}` })
  return body
}

/** Undefined when it is missing or malformed. */
function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : undefined
}

function checker<T extends TSchema>(schema: T): (body: unknown) => body is Static<T> {
  const compiled = TypeCompiler.Compile(schema)
  return (body): body is Static<T> => compiled.Check(body)
}
