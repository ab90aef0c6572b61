import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { watchStatements } from '@bets/platform/postgres/statements'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { useLineApp } from './line-app.ts'

const CALLERS = 400
/** Of the pool of four connections that tests have, as services do. */
const READS_AT_ONCE = 2

const line = await useLineApp()
let statements = 0
let running = 0
let most = 0
const stopWatching = watchStatements({
  began() {
    statements++
    most = Math.max(most, ++running)
  },
  ended: () => void running--,
})
afterAll(stopWatching)

let feedId: string
beforeAll(async () => {
  await line.sql`
    insert into events
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at, seq)
    select 'e-' || n, 150, ${FAR_DEADLINE}::bigint + n, 'NEW', false, 1, now(), n
    from generate_series(1, 3000) n`
  const [feed] = await line.sql<
    [{ feed_id: string }]
  >`update feed set last_seq = 3000 returning feed_id`
  feedId = feed.feed_id
})
beforeEach(() => {
  statements = 0
  most = 0
})

const get = (path: string) => line.app.handle(new Request(`http://localhost${path}`))
const paths: Record<string, (caller: number) => string> = {
  'the open events': (n) => `/events?cursor=${FAR_DEADLINE + n}.e`,
  'the changes': (n) => `/events/changes?after=${feedId}.${n}`,
  'single events': (n) => `/event/e-${n + 1}`,
}

for (const [what, path] of Object.entries(paths)) {
  test(`F34 ${CALLERS} who read ${what} at once leave connections to changes`, async () => {
    const reads = Array.from({ length: CALLERS }, async (_, n) => {
      const { status } = await get(path(n))
      if (status !== 200) expect(status).toBe(503)
    })
    await Bun.sleep(1)
    await line.event({
      event_id: `during ${what}`.replaceAll(' ', '-'),
      coefficient: '2.00',
      deadline: 9,
    })
    await Promise.all(reads)
    // The change's own statement is one more: it found a connection.
    expect(most).toBeLessThanOrEqual(READS_AT_ONCE + 1)
  })

  test(`F34 ${CALLERS} who read the same of ${what} share statements`, async () => {
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => get(path(1))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(bodies).size).toBe(1)
    expect(statements).toBeLessThanOrEqual(5)
  })
}
