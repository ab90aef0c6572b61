import { afterEach, describe, expect, test } from 'bun:test'
import type { Pause } from '@bets/domain/pause'
import { createLog } from '../src/process/log.ts'
import { Repeat } from '../src/process/repeat.ts'

/** Longer than any test: only a wake-up or a stop ends such a pause. */
const FOR_EVER_MS = 3_600_000
const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A repeat whose rounds the test ends. */
function setUp(retryMs = FOR_EVER_MS) {
  const rounds: PromiseWithResolvers<Pause>[] = []
  const lines: string[] = []
  let overlapping = 0
  let most = 0
  const repeat = new Repeat({
    name: 'the work',
    retryMs,
    log: createLog('test', 'debug', (line) => lines.push(line)),
    async round() {
      most = Math.max(most, ++overlapping)
      const round = Promise.withResolvers<Pause>()
      rounds.push(round)
      return round.promise.finally(() => overlapping--)
    },
  })
  const end = async (pause: Pause) => {
    rounds.at(-1)?.resolve(pause)
    await tick()
  }
  const fail = async (error: Error) => {
    rounds.at(-1)?.reject(error)
    await tick()
  }
  /** Ends the current round, at the end of a test. */
  const stop = async () => {
    const stopped = repeat.stop()
    for (const round of rounds) round.resolve({ waitMs: 0 })
    await stopped
  }
  return { repeat, rounds: () => rounds.length, most: () => most, lines, end, fail, stop }
}

describe('rounds', () => {
  let running: ReturnType<typeof setUp> | undefined
  const start = (retryMs?: number) => {
    running = setUp(retryMs)
    return running
  }
  afterEach(() => running?.stop())

  test('the first runs at once, the next after the pause', async () => {
    const { rounds, end } = start()
    expect(rounds()).toBe(1)
    await end({ waitMs: 0 })
    expect(rounds()).toBe(2)
    await end({ waitMs: 20 })
    expect(rounds()).toBe(2)
    await Bun.sleep(100)
    expect(rounds()).toBe(3)
  })

  test('a wake-up ends the pause', async () => {
    const { repeat, rounds, end } = start()
    await end({ waitMs: FOR_EVER_MS })
    expect(rounds()).toBe(1)
    repeat.wake()
    await tick()
    expect(rounds()).toBe(2)
  })

  test('any number of wake-ups during a round cause one more round', async () => {
    const { repeat, rounds, end } = start()
    repeat.wake()
    repeat.wake()
    await tick()
    expect(rounds()).toBe(1)
    await end({ waitMs: FOR_EVER_MS })
    expect(rounds()).toBe(2)
    await end({ waitMs: FOR_EVER_MS })
    expect(rounds()).toBe(2)
  })

  test('rounds never overlap', async () => {
    const { repeat, most, end } = start()
    for (let round = 0; round < 5; round++) {
      repeat.wake()
      await tick()
      await end({ waitMs: round % 2 })
    }
    expect(most()).toBe(1)
  })

  test('an uninterruptible pause is not ended by a wake-up, before or during it', async () => {
    const { repeat, rounds, end } = start()
    repeat.wake()
    await end({ waitMs: FOR_EVER_MS, uninterruptible: true })
    repeat.wake()
    await tick()
    expect(rounds()).toBe(1)
  })

  test('a failed round is logged and repeated after retryMs, even if woken', async () => {
    const { repeat, rounds, lines, fail } = start(20)
    await fail(new Error('no answer'))
    repeat.wake()
    await tick()
    expect(rounds()).toBe(1)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      message: 'the work failed, retrying',
      error: { message: 'no answer' },
    })
    await Bun.sleep(100)
    expect(rounds()).toBe(2)
  })
})

describe('stopping', () => {
  test('waits for the current round, and none follows', async () => {
    const { repeat, rounds, end } = setUp()
    let stopped = false
    const stopping = repeat.stop().then(() => {
      stopped = true
    })
    await tick()
    expect(stopped).toBe(false)
    await end({ waitMs: 0 })
    await stopping
    expect(rounds()).toBe(1)
  })

  test.each([{ waitMs: FOR_EVER_MS }, { waitMs: FOR_EVER_MS, uninterruptible: true }])(
    'ends the pause %j',
    async (pause) => {
      const { repeat, rounds, end } = setUp()
      await end(pause)
      await repeat.stop()
      expect(rounds()).toBe(1)
    },
  )

  test('a wake-up does nothing afterwards', async () => {
    const { repeat, rounds, end } = setUp()
    await end({ waitMs: FOR_EVER_MS })
    await repeat.stop()
    repeat.wake()
    await tick()
    expect(rounds()).toBe(1)
  })
})
