import { expect } from 'bun:test'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { startBettors, summarise } from './bettors.ts'
import { type System, send } from './system.ts'

const BETTORS = 8
const EVENTS = 6
/** Slow enough to leave the machine to what is tested. */
const BET_EVERY_MS = 10
const CHANGE_EVERY_MS = 15
const STATES = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED', 'NEW'] as const

export interface Load {
  /** The keys of the bets that were answered, with their ids. */
  accepted: ReadonlyMap<string, number>
  /** How many changes of the line were answered. */
  changes(): number
  /** Ends it and throws what was answered wrongly. */
  stop(): Promise<void>
}

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T

/**
 * Bets with keys, and changes of the line: prices, results, corrections. Nothing here touches the
 * broker, so that whatever befalls it, every answer must be one of a healthy system.
 */
export async function startLoad({ lineUrl, betsUrl }: System, name: string): Promise<Load> {
  const eventId = () => `${name}-${Math.floor(Math.random() * EVENTS)}`
  for (let event = 0; event < EVENTS; event++)
    await send('PUT', `${lineUrl}/event`, {
      event_id: `${name}-${event}`,
      coefficient: '1.50',
      deadline: FAR_DEADLINE,
    })
  let over = false
  let changes = 0

  const bettors = startBettors({
    urls: [betsUrl],
    bettors: BETTORS,
    bet: (_, number) => ({ event_id: eventId(), bet_sum: (1 + (number % 500) / 100).toFixed(2) }),
    restMs: BET_EVERY_MS,
  })
  const line = async () => {
    while (!over) {
      const change =
        Math.random() < 0.3
          ? { state: pick(STATES), reason: 'so it goes' }
          : { coefficient: (1 + Math.random() * 9).toFixed(2) }
      const answer = await send('PUT', `${lineUrl}/event`, { event_id: eventId(), ...change })
      expect(answer.status, JSON.stringify(answer.body)).toBeOneOf([200, 409])
      changes++
      await Bun.sleep(CHANGE_EVERY_MS)
    }
  }
  const running = line()
  // What fails before `stop` is asked for is thrown there.
  running.catch(() => {})
  return {
    accepted: bettors.accepted,
    changes: () => changes,
    async stop() {
      over = true
      await Promise.all([running, bettors.stop()])
      const answers = Object.keys(summarise(bettors.answers).counts)
      expect(answers.filter((answer) => !/^(201|409 .*)$/.test(answer))).toEqual([])
    },
  }
}
