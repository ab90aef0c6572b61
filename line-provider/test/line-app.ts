import { afterAll, expect } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import type { AccessOptions } from '@bets/platform/http/access'
import { createLog } from '@bets/platform/process/log'
import { ALLOWED_HOSTS } from '../../dev/testing/app.ts'
import { json, send } from '../../dev/testing/http.ts'
import { createLineDatabase, type TestDatabase } from '../../dev/testing/test-database.ts'
import { createApp } from '../src/app.ts'
import { createEvents } from '../src/infrastructure/event.repository.ts'
import { createFeed } from '../src/infrastructure/feed.repository.ts'
import { limitOpenReads } from '../src/infrastructure/open-reads.ts'
import { createRelayLease } from '../src/infrastructure/relay-lease.repository.ts'
import { createUseCases } from '../src/use-cases.ts'

/** The app on a database, without relay and broker. Unexpected errors go to `logged`. */
export function wireLineApp(sql: TestDatabase['sql'], access?: AccessOptions) {
  const logged: string[] = []
  const log = createLog('test-line', 'warn', (line) => logged.push(line))
  let wakeUps = 0
  const useCases = createUseCases({
    events: createEvents(sql),
    feed: createFeed(sql),
    lease: createRelayLease(sql),
    sender: { send: async () => 0 },
    holder: 'test',
    onChanged: () => {
      wakeUps++
    },
    log,
  })
  const app = createApp({
    useCases: { ...useCases, ...limitOpenReads(sql, useCases) },
    checkReadiness: async () => ({ ready: true, checks: { database: 'up' } }),
    access,
    allowedHosts: ALLOWED_HOSTS,
    log,
  })
  return { app, logged, wakeUps: () => wakeUps }
}

/** line-provider's app on a new database, without relay and broker. */
export async function createLineApp(access?: AccessOptions) {
  const database = await createLineDatabase()
  const { sql } = database
  const { app, logged, wakeUps } = wireLineApp(sql, access)
  return {
    app,
    sql,
    url: database.url,
    /** Unexpected errors. */
    logged,
    /** How often the relay would have been woken. */
    wakeUps,
    put: (body: object) => send(app, 'PUT', '/event', body),
    /** Puts an event and expects it to be accepted. */
    async event(body: object): Promise<LineEvent> {
      const response = await send(app, 'PUT', '/event', body)
      const event = await json<LineEvent>(response)
      if (!response.ok) throw new Error(`PUT /event: ${JSON.stringify(event)}`)
      return event
    },
    contents: () => contentsOf(sql),
    close: () => database.drop(),
  }
}

/** `createLineApp` for a test file. Closed after its tests, which must log no unexpected error. */
export async function useLineApp(access?: AccessOptions) {
  const line = await createLineApp(access)
  afterAll(async () => {
    expect(line.logged).toEqual([])
    await line.close()
  })
  return line
}
export type LineApp = Awaited<ReturnType<typeof createLineApp>>

/** The contents of the line's tables, to check that a request wrote nothing. */
async function contentsOf(sql: TestDatabase['sql']): Promise<string> {
  const [row] = await sql<[{ contents: string }]>`
    select json_build_array(
      (select json_agg(e order by event_id) from events e),
      (select json_agg(f) from feed f),
      (select json_agg(r) from relay_lease r))::text as contents`
  return row.contents
}
