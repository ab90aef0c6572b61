import { expect, test } from 'bun:test'
import { meterRequests } from '../src/http/request.meter.ts'
import { routeFinder } from '../src/http/route-finder.ts'
import { Metrics } from '../src/metrics/metrics.ts'

const routeOf = routeFinder(['/bet', '/bets', '/bets/:id', '/events'])

/** The counts by label. */
async function counted(
  requests: [method: string, url: string, status: number][],
): Promise<string[]> {
  const metrics = new Metrics()
  const onAnswer = meterRequests(metrics)
  for (const [method, url, status] of requests)
    onAnswer({ route: routeOf(url), method, status, startedMs: performance.now() })
  return (await metrics.text())
    .split('\n')
    .flatMap((line) => /_count\{(.*)\} (.*)/.exec(line)?.slice(1).join(' ') ?? [])
}

test('counts requests by route template, method and status', async () => {
  expect(
    await counted([
      ['POST', 'http://host/bet', 201],
      ['POST', 'http://host/bet', 503],
      ['POST', 'http://host/bet', 201],
      ['GET', 'http://host:8080/bets?limit=5', 200],
      ['GET', 'http://host/bets/17', 200],
      ['GET', 'http://host/bets/18?a=/bet', 404],
    ]),
  ).toEqual([
    'route="/bet",method="POST",status="201" 2',
    'route="/bet",method="POST",status="503" 1',
    'route="/bets",method="GET",status="200" 1',
    'route="/bets/:id",method="GET",status="200" 1',
    'route="/bets/:id",method="GET",status="404" 1',
  ])
})

test('unknown paths and methods share one label value', async () => {
  const madeUp = Array.from({ length: 50 }, (_, n): [string, string, number] => [
    n % 2 === 0 ? 'GET' : `M${n}`,
    `http://a/${n}/x`,
    404,
  ])
  const odd: [string, string, number][] = [
    ['GET', 'http://a', 404],
    ['GET', 'http://a/bets/1/', 404],
    ['GET', 'http://a/bets/', 404],
    ['GET', 'http://a/bet/', 404],
    ['GET', 'http://a?/x', 400],
  ]
  expect(await counted([...madeUp, ...odd])).toEqual([
    'route="none",method="GET",status="404" 29',
    'route="none",method="other",status="404" 25',
    'route="none",method="GET",status="400" 1',
  ])
})

test('measures the time since the request arrived', async () => {
  const metrics = new Metrics()
  const startedMs = performance.now() - 300
  meterRequests(metrics)({ route: '/bet', method: 'GET', status: 200, startedMs })
  expect(await metrics.text()).toMatch(/_sum\{route="\/bet".*\} 0\.3\d/)
})
