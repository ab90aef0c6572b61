import { describe, expect, test } from 'bun:test'
import { OverloadedError } from '@bets/domain/errors'
import { Batcher, type BatcherOptions } from '../src/process/batcher.ts'

/** A batcher whose batches the test ends. */
function setUp(options: Partial<Omit<BatcherOptions<number, string>, 'run'>> = {}) {
  const batches: { items: number[]; end: PromiseWithResolvers<(string | Error)[]> }[] = []
  const batcher = new Batcher<number, string>({
    maxBatch: 10,
    maxWaiting: 100,
    maxWaitMs: 60_000,
    concurrency: 1,
    ...options,
    run(items) {
      const end = Promise.withResolvers<(string | Error)[]>()
      batches.push({ items, end })
      return end.promise
    },
  })
  return {
    batcher,
    items: () => batches.map((batch) => batch.items),
    /** Ends a batch with one result per item, "1" for 1. */
    end(index: number) {
      batches[index]?.end.resolve(batches[index].items.map(String))
    },
    endWith: (index: number, results: (string | Error)[]) => batches[index]?.end.resolve(results),
    fail: (index: number, error: Error) => batches[index]?.end.reject(error),
  }
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))
const submitAll = (batcher: Batcher<number, string>, items: number[]) =>
  items.map((item) => batcher.submit(item))

describe('forming batches', () => {
  test('items submitted in one tick form a batch at once', async () => {
    const { batcher, items, end } = setUp()
    const all = submitAll(batcher, [1, 2, 3])
    await tick()
    expect(items()).toEqual([[1, 2, 3]])
    end(0)
    expect(await Promise.all(all)).toEqual(['1', '2', '3'])
  })

  test('a single item does not wait for others', async () => {
    const { batcher, items, end } = setUp()
    const one = batcher.submit(1)
    await tick()
    expect(items()).toEqual([[1]])
    end(0)
    expect(await one).toBe('1')
  })

  test('items that arrive during a run form the next batch', async () => {
    const { batcher, items, end } = setUp()
    const first = batcher.submit(1)
    await tick()
    const later = [batcher.submit(2)]
    await tick()
    later.push(batcher.submit(3))
    await tick()
    expect(items()).toEqual([[1]])
    end(0)
    await first
    await tick()
    expect(items()).toEqual([[1], [2, 3]])
    end(1)
    expect(await Promise.all(later)).toEqual(['2', '3'])
  })

  test('a batch has at most maxBatch items, in order of arrival', async () => {
    const { batcher, items, end } = setUp({ maxBatch: 2 })
    const all = submitAll(batcher, [1, 2, 3, 4, 5])
    for (const index of [0, 1, 2]) {
      await tick()
      end(index)
      await tick()
    }
    expect(items()).toEqual([[1, 2], [3, 4], [5]])
    expect(await Promise.all(all)).toEqual(['1', '2', '3', '4', '5'])
  })
})

describe('concurrency', () => {
  test('at most `concurrency` batches run at once; a free slot takes what waits', async () => {
    const { batcher, items, end } = setUp({ maxBatch: 1, concurrency: 2 })
    const all = submitAll(batcher, [1, 2, 3, 4])
    await tick()
    expect(items()).toEqual([[1], [2]])
    end(1)
    await all[1]
    await tick()
    expect(items()).toEqual([[1], [2], [3]])
    end(0)
    await all[0]
    await tick()
    expect(items()).toEqual([[1], [2], [3], [4]])
    end(2)
    end(3)
    await Promise.all(all)
  })

  test('an item that finds a free slot does not wait for the running batch', async () => {
    const { batcher, items, end } = setUp({ concurrency: 2 })
    const slow = batcher.submit(1)
    await tick()
    const quick = batcher.submit(2)
    await tick()
    expect(items()).toEqual([[1], [2]])
    end(1)
    expect(await quick).toBe('2')
    end(0)
    await slow
  })

  test('a free slot takes its fair share, so that batches are of similar size', async () => {
    const { batcher, items, end } = setUp({ concurrency: 2 })
    const sizes = () => items().map(({ length }) => length)
    const all = submitAll(batcher, [1, 2, 3, 4, 5, 6])
    await tick()
    expect(sizes()).toEqual([3, 3])
    all.push(...submitAll(batcher, [7, 8, 9, 10, 11]))
    end(0)
    await all[0]
    await tick()
    // Half of the three running and five waiting items.
    expect(sizes()).toEqual([3, 3, 4])
    end(1)
    await all[3]
    await tick()
    expect(sizes()).toEqual([3, 3, 4, 1])
    end(2)
    end(3)
    expect(await Promise.all(all)).toEqual(Array.from({ length: 11 }, (_, index) => `${index + 1}`))
  })
})

describe('the limit on waiting', () => {
  test('rejects at once with OVERLOADED, and waiting items are still served', async () => {
    const { batcher, items, end } = setUp({ maxWaiting: 2 })
    const running = batcher.submit(1)
    await tick()
    const waiting = submitAll(batcher, [2, 3])
    expect(batcher.waiting).toBe(2)
    // Without `rejects`, which in Bun waits for a pending promise for ever, beyond any time limit.
    expect(await batcher.submit(4).catch((error: Error) => error)).toBeInstanceOf(OverloadedError)
    end(0)
    await running
    await tick()
    expect(items()).toEqual([[1], [2, 3]])
    expect(batcher.waiting).toBe(0)
    // There is room again during the second batch.
    const late = batcher.submit(5)
    end(1)
    expect(await Promise.all(waiting)).toEqual(['2', '3'])
    await tick()
    end(2)
    expect(await late).toBe('5')
  })
})

describe('failures', () => {
  test('an error for one item rejects only that item', async () => {
    const { batcher, endWith } = setUp()
    const all = submitAll(batcher, [1, 2, 3])
    await tick()
    endWith(0, ['one', new Error('not two'), 'three'])
    expect(await Promise.allSettled(all)).toEqual([
      { status: 'fulfilled', value: 'one' },
      { status: 'rejected', reason: new Error('not two') },
      { status: 'fulfilled', value: 'three' },
    ])
  })

  test('a run that rejects fails only its own items, and the next batch runs', async () => {
    const { batcher, items, fail, end } = setUp({ maxBatch: 2 })
    const lost = Promise.allSettled(submitAll(batcher, [1, 2]))
    await tick()
    const kept = batcher.submit(3)
    const failure = new Error('no answer')
    fail(0, failure)
    expect(await lost).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ])
    await tick()
    expect(items()).toEqual([[1, 2], [3]])
    end(1)
    expect(await kept).toBe('3')
  })

  test('a run that throws before it returns a promise is no different', async () => {
    let runs = 0
    const batcher = new Batcher<number, string>({
      maxBatch: 1,
      maxWaiting: 10,
      maxWaitMs: 60_000,
      concurrency: 1,
      run(items) {
        if (++runs === 1) throw new Error('at once')
        return Promise.resolve(items.map(String))
      },
    })
    const [first, second] = await Promise.allSettled(submitAll(batcher, [1, 2]))
    expect(first).toHaveProperty('reason', new Error('at once'))
    expect(second).toHaveProperty('value', '2')
  })

  test.each([[['only one']], [['one', 'two', 'three']], [[]]])(
    'a run that answers two items with %j rejects both: whose result is whose is not known',
    async (results) => {
      const { batcher, endWith } = setUp()
      const both = Promise.allSettled(submitAll(batcher, [1, 2]))
      await tick()
      endWith(0, results)
      for (const outcome of await both) expect(outcome.status).toBe('rejected')
    },
  )
})

test('items that waited too long behind slow batches are rejected, the others run', async () => {
  const release = Promise.withResolvers<void>()
  const ran: number[][] = []
  const batcher = new Batcher<number, string>({
    maxBatch: 10,
    maxWaiting: 10,
    maxWaitMs: 50,
    concurrency: 1,
    async run(items) {
      ran.push(items)
      if (ran.length === 1) await release.promise
      return items.map(String)
    },
  })
  const first = batcher.submit(1)
  await Bun.sleep(5)
  const stale = batcher.submit(2).catch((error) => error)
  await Bun.sleep(80)
  const fresh = batcher.submit(3)
  release.resolve()
  expect(await first).toBe('1')
  expect(await stale).toBeInstanceOf(OverloadedError)
  expect(await fresh).toBe('3')
  expect(ran).toEqual([[1], [3]])
})
