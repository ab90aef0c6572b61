import { afterEach } from 'bun:test'
import type { ShownEvent } from '../traffic/shown.ts'
import { Day } from './day.ts'
import type { EventBook, Ticket } from './event-book.ts'
import type { Options } from './options.ts'

/** A scripted answer. */
export interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

/** A new event with coefficient 1.50. */
export const FIRST_VERSION: EventBook['versions'][0] = {
  version: 1,
  coefficient: 150n,
  deadlineAhead: true,
  state: 'NEW',
  suspended: false,
  reason: null,
  sentAtMs: 0,
  answeredAtMs: 0,
}

/** For a test file: `startFakeService`, each service stopped after the test that started it. */
export function fakeServicesDuringTests() {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  return (...options: Parameters<typeof startFakeService>) => {
    const { stop, ...service } = startFakeService(...options)
    stops.push(stop)
    return service
  }
}

/**
 * A service that gives the scripted answers in order, whatever the requests are, because the real
 * ones never give the wrong answers that a run must detect. Answers may be added later. Returned
 * with a day that uses it and an event of that day, at version 1 with coefficient 1.50.
 */
function startFakeService(answers: Answer[], changed: Partial<Options> = {}) {
  const asked: string[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      await request.arrayBuffer()
      const { pathname, search } = new URL(request.url)
      const caller = request.headers.get('authorization') ?? ''
      asked.push(`${request.method} ${pathname}${search} ${caller}`.trim())
      const { status, body, headers } = answers.shift() ?? { status: 404, body: {} }
      return Response.json(body, { status, ...(headers && { headers }) })
    },
  })
  const url = `http://127.0.0.1:${server.port}`
  const options: Options = {
    lineUrl: url,
    betsUrl: url,
    operatorToken: undefined,
    clientTokens: [undefined],
    events: 1,
    bettors: 1,
    seconds: 60,
    seed: 1,
    patienceMs: 1_000,
    feedMaxAgeMs: 20_000,
    ...changed,
  }
  const day = new Day(options, 'sim-1')
  const book = day.books[0] as EventBook
  book.versions.push(FIRST_VERSION)
  return { day, book, asked, stop: () => server.stop(true) }
}

/** The event as line-provider shows it. */
export function shownEvent({ deadline }: EventBook, change: Partial<ShownEvent> = {}): ShownEvent {
  return {
    event_id: 'sim-1.0',
    coefficient: '1.50',
    deadline,
    state: 'NEW',
    suspended: false,
    version: 1,
    reason: null,
    ...change,
  }
}

export function ticketOn(book: EventBook, change: Partial<Ticket> = {}): Ticket {
  return {
    book,
    client: 0,
    account: undefined,
    key: 'sim-1.0.0',
    cents: 1_250,
    seen: 150,
    acceptOdds: 'exact',
    sentAtMs: 0,
    floor: 0,
    acceptedAtMs: 0,
    wasFirst: false,
    accepted: undefined,
    dueCents: 0,
    ...change,
  }
}

export const BET = {
  id: 17,
  event_id: 'sim-1.0',
  sum: '12.50',
  coefficient: '1.50',
  event_version: 1,
  potential_payout: '18.75',
  state: 'PENDING',
  payout: null,
  created_at: '2026-01-31T12:00:00.000Z',
  settled_at: null,
}
