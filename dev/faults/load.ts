import { expect } from 'bun:test'
import { type System, send } from '../e2e/system.ts'
import { FAR_DEADLINE } from '../testing/line-app.ts'

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
 * Bets with keys, and changes of the line: prices, results, corrections. Nothing here touches the broker, so that whatever
 * befalls it, every answer must be one of a healthy system.
 */
export async function startLoad({ lineUrl, betsUrl }: System, name: string): Promise<Load> {
  const eventId = () => `${name}-${Math.floor(Math.random() * EVENTS)}`
  for (let event = 0; event < EVENTS; event++)
    await send('PUT', `${lineUrl}/event`, {
      event_id: `${name}-${event}`,
      coefficient: '1.50',
      deadline: FAR_DEADLINE,
    })
  const accepted = new Map<string, number>()
  let over = false
  let changes = 0

  const bettor = async (bettorName: string) => {
    for (let number = 0; !over; number++) {
      const key = `${bettorName}-${number}`
      const bet = { event_id: eventId(), bet_sum: (1 + (number % 500) / 100).toFixed(2) }
      const answer = await send('POST', `${betsUrl}/bet`, bet, { 'idempotency-key': key })
      expect(answer.status, JSON.stringify(answer.body)).toBeOneOf([201, 409])
      if (answer.status === 201) accepted.set(key, Number(answer.body.id))
      await Bun.sleep(BET_EVERY_MS)
    }
  }
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
  const running = Promise.all([
    line(),
    ...Array.from({ length: BETTORS }, (_, number) => bettor(`${name}-b${number}`)),
  ])
  // What fails before `stop` is asked for is thrown there.
  running.catch(() => {})
  return {
    accepted,
    changes: () => changes,
    async stop() {
      over = true
      await running
    },
  }
}
