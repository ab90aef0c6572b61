import { expect, test } from 'bun:test'
import { SingleFlight } from '../src/process/single-flight.ts'

/** Reads that the test ends. */
function controlledReads() {
  const begun: PromiseWithResolvers<string>[] = []
  const reads = new SingleFlight<string>()
  const read = () => {
    const answer = Promise.withResolvers<string>()
    begun.push(answer)
    return answer.promise
  }
  return { begun, ask: (key = 'k') => reads.get(key, read) }
}

test('callers during a read share the next read, not the current one', async () => {
  const { begun, ask } = controlledReads()
  const first = ask()
  const later = [ask(), ask(), ask()]
  expect(begun).toHaveLength(1)
  begun[0]?.resolve('old')
  expect(await first).toBe('old')
  expect(begun).toHaveLength(2)
  begun[1]?.resolve('new')
  expect(await Promise.all(later)).toEqual(['new', 'new', 'new'])
})

test('a caller that finds no read in progress starts a new one', async () => {
  const { begun, ask } = controlledReads()
  for (const answer of ['one', 'two']) {
    const asked = ask()
    begun.at(-1)?.resolve(answer)
    expect(await asked).toBe(answer)
  }
  expect(begun).toHaveLength(2)
})

test('different reads do not wait for each other', async () => {
  const { begun, ask } = controlledReads()
  const slow = ask('a')
  const quick = ask('b')
  begun[1]?.resolve('b')
  expect(await quick).toBe('b')
  begun[0]?.resolve('a')
  expect(await slow).toBe('a')
})

test('a failed read fails for all who share it, and the next one is made', async () => {
  const { begun, ask } = controlledReads()
  const first = ask()
  const second = ask()
  begun[0]?.reject(new Error('lost'))
  const failure = await first.catch((error: Error) => error.message)
  expect(failure).toBe('lost')
  begun[1]?.resolve('there')
  expect(await second).toBe('there')
})
