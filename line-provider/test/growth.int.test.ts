import { Metrics } from '@bets/platform/metrics/metrics'
import { workAsLineProvider } from '../../dev/rights/all-statements.ts'
import { growthSuite } from '../../dev/testing/growth-suite.ts'
import { FAR_DEADLINE } from '../../dev/testing/line-event.ts'
import { createLineDatabase, type TestDatabase } from '../../dev/testing/test-database.ts'
import { createEvents } from '../src/infrastructure/event.repository.ts'
import { createFeed } from '../src/infrastructure/feed.repository.ts'
import { meterRelay } from '../src/infrastructure/relay.meter.ts'

type Sql = TestDatabase['sql']

/** The first events are unnumbered: no more of them, however large the table is. */
const UNNUMBERED = 20
const PAGE = 100

growthSuite({
  create: createLineDatabase,

  async grow(sql, from, to) {
    await sql`
      insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version,
                          changed_at, seq)
      select 'e-' || n, 150, ${FAR_DEADLINE}::bigint, 'NEW', false, 1, now(),
             case when n > ${UNNUMBERED}::integer then n end
      from generate_series(${from}::integer, ${to}::integer) n`
    await sql`update feed set last_seq = ${to}::bigint`
  },

  functions(sql, numbers) {
    const changes = (more: object) =>
      JSON.stringify(numbers.map((n, change) => ({ change, event_id: `e-${n}`, ...more })))
    const ended = changes({ state: 'CANCELLED' })
    const same = changes({ suspended: false })
    return {
      change_events: [numbers.length, () => sql`select * from change_events(${ended}::text)`],
      'change_events of nothing': [
        numbers.length,
        () => sql`select * from change_events(${same}::text)`,
      ],
      number_changes: [UNNUMBERED, () => sql`select number_changes()`],
    }
  },

  statements(sql, numbers) {
    const [events, feed] = [createEvents(sql), createFeed(sql)]
    const last = numbers.at(-1) ?? 0
    const [deadline, eventId] = [FAR_DEADLINE, `e-${last}`]
    return {
      // Nearly all of it is a page of the feed.
      'each statement once': [1_000, () => workAsLineProvider(sql)],
      events: [numbers.length, () => Promise.all(numbers.map((n) => events.find(`e-${n}`)))],
      'open events': [PAGE, () => events.listOpen(undefined, PAGE)],
      'the last open events': [PAGE, () => events.listOpen({ deadline, eventId }, PAGE)],
      changes: [PAGE, () => feed.readAfter(0, PAGE)],
      'the last changes': [PAGE, () => feed.readAfter(last, PAGE)],
      news: [1, () => feed.hasNews(last)],
      metrics: [UNNUMBERED, () => metricsOf(sql)],
    }
  },
})

async function metricsOf(sql: Sql): Promise<void> {
  const metrics = new Metrics()
  meterRelay(metrics, sql)
  await metrics.text()
}
