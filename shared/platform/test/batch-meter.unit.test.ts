import { expect, test } from 'bun:test'
import { meterBatches } from '../src/metrics/batch.meter.ts'
import { Metrics } from '../src/metrics/metrics.ts'
import { Batcher } from '../src/process/batcher.ts'

test('counts batch sizes and shows the number of waiting items, by batcher name', async () => {
  const metrics = new Metrics()
  const watch = meterBatches(metrics)
  const gate = Promise.withResolvers<void>()
  const batcher = new Batcher<number, number>({
    maxBatch: 10,
    maxWaiting: 100,
    maxWaitMs: 60_000,
    concurrency: 1,
    watch: watch('placing'),
    async run(items) {
      await gate.promise
      return items
    },
  })
  watch('explaining').waiting(() => 0)
  const linesOf = async (name: string) =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith(name))

  const results = [1, 2, 3].map((item) => batcher.submit(item))
  await new Promise((resolve) => setImmediate(resolve))
  results.push(...[4, 5].map((item) => batcher.submit(item)))
  expect(await linesOf('bets_batch_waiting')).toEqual([
    'bets_batch_waiting{batch="placing"} 2',
    'bets_batch_waiting{batch="explaining"} 0',
  ])
  gate.resolve()
  await Promise.all(results)
  expect(await linesOf('bets_batch_waiting{batch="placing"}')).toEqual([
    'bets_batch_waiting{batch="placing"} 0',
  ])
  expect(await linesOf('bets_batch_size_sum{batch="placing"}')).toEqual([
    'bets_batch_size_sum{batch="placing"} 5',
  ])
  expect(await linesOf('bets_batch_size_count')).toEqual([
    'bets_batch_size_count{batch="placing"} 2',
    'bets_batch_size_count{batch="explaining"} 0',
  ])
})
