import { afterAll, expect, test } from 'bun:test'
import { Metrics } from '../src/metrics/metrics.ts'
import { addProcessMetrics } from '../src/metrics/process-metrics.ts'

const metrics = new Metrics()
const end = addProcessMetrics(metrics, 'test', '1.2.3')
afterAll(end)

async function sampleOf(sample: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((text) => text.startsWith(`${sample} `))
  return Number(line?.slice(sample.length + 1))
}

test('shows resource usage, start time and version', async () => {
  expect(await sampleOf('process_resident_memory_bytes')).toBeWithin(10e6, 10e9)
  expect(await sampleOf('process_start_time_seconds')).toBeWithin(
    Date.now() / 1_000 - 7_200,
    Date.now() / 1_000,
  )
  expect(await sampleOf('process_open_fds')).toBeWithin(3, 10_000)
  expect(
    await sampleOf(`bets_build_info{service="test",version="1.2.3",bun="${Bun.version}"}`),
  ).toBe(1)

  const before = await sampleOf('process_cpu_seconds_total')
  const { user } = process.cpuUsage()
  while (process.cpuUsage().user < user + 100_000);
  expect(await sampleOf('process_cpu_seconds_total')).toBeWithin(before + 0.1, before + 5)
})

test('a stall of the event loop is recorded once, with its length', async () => {
  const late = async () =>
    (await sampleOf('bets_event_loop_delay_seconds_count')) -
    (await sampleOf('bets_event_loop_delay_seconds_bucket{le="0.25"}'))
  await Bun.sleep(250)
  const before = await late()
  for (const untilMs = performance.now() + 600; performance.now() < untilMs; );
  await Bun.sleep(250)
  expect((await late()) - before).toBe(1)
  expect(await sampleOf('bets_event_loop_delay_seconds_sum')).toBeGreaterThan(0.4)
})

test('measures nothing once stopped', async () => {
  end()
  const before = await sampleOf('bets_event_loop_delay_seconds_count')
  await Bun.sleep(250)
  expect(await sampleOf('bets_event_loop_delay_seconds_count')).toBe(before)
})
