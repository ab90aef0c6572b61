import type { SportingEvent } from '@bets/domain/event'
import { Changes, FEED_PAGE_MAX, VERSION_BASE_HEADER } from '@bets/domain/feed'
import { fromLineEvent, LineEvent } from '@bets/domain/line-event'
import { OpenEvents } from '@bets/domain/open-events'
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

const isEvent = checker(LineEvent)
const isEvents = checker(OpenEvents)
const isProblem = checker(Type.Object({ code: Type.String() }))
const isChanges = checker(Changes)

export interface LineClientOptions {
  /** Where line-provider answers, like `http://127.0.0.1:8100`. */
  baseUrl: string
  /** Time limit of one call with all its pages; for the change feed, of each page. */
  timeoutMs: number
}

interface Answer {
  status: number
  body: unknown
  link: string | null
  versionBase: string | null
}

/** line-provider's HTTP API. An answer that the contract does not allow counts as no answer. */
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
      }
    } catch (cause) {
      throw new LineUnavailableError({ cause })
    }
  }
  const timeLimit = () => AbortSignal.timeout(timeoutMs)

  return {
    async openEvents() {
      const signal = timeLimit()
      const events: SportingEvent[] = []
      let path: string | undefined = `${OPEN_EVENTS}?limit=${PAGE_LIMIT}`
      while (path !== undefined) {
        const answer: Answer = await get(path, signal)
        events.push(...contentOf(answer, isEvents).map(fromLineEvent))
        path = nextPage(answer.link)
      }
      return events
    },

    async event(eventId) {
      const answer = await get(`/event/${encodeURIComponent(eventId)}`, timeLimit())
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
        last: items.length < PAGE_LIMIT,
      }
    },
  }
}

/**
 * The next page of the open events, if there is one. Only another query of the same path can be
 * one, so that no link leads elsewhere, however URLs are read: `/\host` names a host.
 */
function nextPage(link: string | null): string | undefined {
  const [, target] = NEXT_LINK.exec(link ?? '') ?? []
  if (target !== undefined && !target.startsWith(`${OPEN_EVENTS}?`))
    throw new LineUnavailableError({ cause: 'line-provider links to another path' })
  return target
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
