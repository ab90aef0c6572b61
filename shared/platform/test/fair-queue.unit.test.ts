import { expect, test } from 'bun:test'
import { OverloadedError } from '@bets/domain/errors'
import { FairQueue } from '../src/process/fair-queue.ts'

/** A queue whose tasks the test ends. */
function controlledTasks({ concurrency = 1, maxWaiting = 10, maxWaitMs = 10_000 } = {}) {
  const queue = new FairQueue({ concurrency, maxWaiting, maxWaitMs })
  const began: string[] = []
  const running = new Map<string, PromiseWithResolvers<string>>()
  return {
    began,
    /** The first letter of a task's name is its caller. */
    run: (name: string) =>
      queue.run(name[0] as string, () => {
        began.push(name)
        const task = Promise.withResolvers<string>()
        running.set(name, task)
        return task.promise
      }),
    async end(name: string) {
      running.get(name)?.resolve(name)
      await Bun.sleep(0)
    },
    async fail(name: string) {
      running.get(name)?.reject(new Error(name))
      await Bun.sleep(0)
    },
  }
}

test('callers take turns, and the tasks of each keep their order', async () => {
  const { run, began, end } = controlledTasks()
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map(run)
  for (const next of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']) {
    expect(began.at(-1)).toBe(next)
    await end(next)
  }
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'])
})

test('as many tasks run at once as may, also after some have failed', async () => {
  const { run, began, end, fail } = controlledTasks({ concurrency: 2 })
  const failing = run('a1').catch((error: Error) => error.message)
  const others = ['a2', 'a3', 'a4'].map(run)
  expect(began).toEqual(['a1', 'a2'])
  await fail('a1')
  expect(await failing).toBe('a1')
  expect(began).toEqual(['a1', 'a2', 'a3'])
  await end('a2')
  await end('a3')
  await end('a4')
  await Promise.all(others)
  const later = ['b1', 'b2', 'b3'].map(run)
  expect(began.slice(4)).toEqual(['b1', 'b2'])
  for (const name of ['b1', 'b2', 'b3']) await end(name)
  await Promise.all(later)
})

test('one caller may have only so many waiting; others may still wait', async () => {
  const { run, began, end } = controlledTasks({ maxWaiting: 2 })
  const taken = ['a1', 'a2', 'a3'].map(run)
  expect(await run('a4').catch((error: Error) => error)).toBeInstanceOf(OverloadedError)
  taken.push(run('b1'))
  for (const name of ['a1', 'a2', 'b1', 'a3']) await end(name)
  await Promise.all(taken)
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3'])
})

test('a task that has waited too long is rejected and never run', async () => {
  const { run, began, end } = controlledTasks({ maxWaitMs: 20 })
  const first = run('a1')
  expect(await run('a2').catch((error: Error) => error)).toBeInstanceOf(OverloadedError)
  await end('a1')
  await first
  const next = run('b1')
  await end('b1')
  await next
  expect(began).toEqual(['a1', 'b1'])
})
