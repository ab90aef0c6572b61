import { expect, test } from 'bun:test'
import { Metrics } from '../src/metrics/metrics.ts'

/** The samples of a text, without comments. */
async function samplesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('counts, per label value, and from an external counter', async () => {
  const metrics = new Metrics()
  metrics.counter('placed_total', 'Placed.').inc(2)
  const refused = metrics.counter('refused_total', 'Refused.', ['code'])
  refused.inc({ code: 'ODDS_CHANGED' })
  refused.inc({ code: 'FEED_DOWN' })
  refused.inc({ code: 'ODDS_CHANGED' }, 3)
  metrics.counterOf('dead_total', 'Dead.', () => 7)
  expect(await samplesOf(metrics)).toEqual([
    'placed_total 2',
    'refused_total{code="ODDS_CHANGED"} 4',
    'refused_total{code="FEED_DOWN"} 1',
    'dead_total 7',
  ])
  expect(await samplesOf(metrics)).toContain('dead_total 7')
  expect(await metrics.text()).toStartWith(
    '# HELP placed_total Placed.\n# TYPE placed_total counter\n',
  )
})

test('a histogram counts up to each inclusive bound, and everything beyond', async () => {
  const metrics = new Metrics()
  const took = metrics.histogram('took_seconds', 'Took.', [0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 3]) took.observe(value)
  expect(await samplesOf(metrics)).toEqual([
    'took_seconds_bucket{le="0.1"} 2',
    'took_seconds_bucket{le="1"} 3',
    'took_seconds_bucket{le="+Inf"} 4',
    'took_seconds_sum 3.65',
    'took_seconds_count 4',
  ])
})

test('a histogram per combination of labels', async () => {
  const metrics = new Metrics()
  const took = metrics.histogram('took_seconds', 'Took.', [1], ['route', 'status'])
  took.observe({ route: '/bet', status: '201' }, 0.5)
  took.observe({ route: '/bet', status: '503' }, 2)
  took.observe({ route: '/bet', status: '201' }, 0.5)
  const counts = (await samplesOf(metrics)).filter((line) => line.includes('_count'))
  expect(counts).toEqual([
    'took_seconds_count{route="/bet",status="201"} 2',
    'took_seconds_count{route="/bet",status="503"} 1',
  ])
})

test('a gauge is read at each scrape, and omitted without a value', async () => {
  const metrics = new Metrics()
  let value: number | undefined
  metrics.gauge('waiting', 'Waiting.', () => value)
  expect(await samplesOf(metrics)).toEqual([])
  value = 0
  expect(await samplesOf(metrics)).toEqual(['waiting 0'])
  value = undefined
  expect(await samplesOf(metrics)).toEqual([])
})

test('one query serves all its gauges and all concurrent scrapes', async () => {
  const metrics = new Metrics()
  let asked = 0
  const read = async () => {
    asked++
    await Bun.sleep(20)
    return { owed: asked, oldest: null }
  }
  metrics.reading({ owed: 'Owed.', oldest: 'Oldest.' }, read)
  const scrapes = await Promise.all([samplesOf(metrics), samplesOf(metrics)])
  expect(scrapes).toEqual([['owed 1'], ['owed 1']])
  expect(await samplesOf(metrics)).toEqual(['owed 2'])
})

test('a failing query omits only its own gauges', async () => {
  const metrics = new Metrics()
  metrics.counter('placed_total', 'Placed.')
  metrics.reading({ owed: 'Owed.' }, () => Promise.reject(new Error('the database is down')))
  expect(await samplesOf(metrics)).toEqual(['placed_total 0'])
})

test('a hanging query delays a scrape by one second, and is not repeated meanwhile', async () => {
  const metrics = new Metrics()
  let asked = 0
  metrics.reading({ owed: 'Owed.' }, () => {
    asked++
    return new Promise(() => {})
  })
  const beganMs = performance.now()
  expect(await samplesOf(metrics)).toEqual([])
  expect(performance.now() - beganMs).toBeWithin(900, 1_900)
  expect(await samplesOf(metrics)).toEqual([])
  expect(asked).toBe(1)
})

test('each process has its own registry, in which names are unique', () => {
  const [one, other] = [new Metrics(), new Metrics()]
  one.counter('placed_total', 'Placed.')
  other.counter('placed_total', 'Placed.')
  expect(() => one.counter('placed_total', 'Placed.')).toThrow('already been registered')
})
