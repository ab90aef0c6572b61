import { DatabaseUnavailableError } from '@bets/domain/errors'
import type { ChunkPosition, OwedEvent, Settlements } from '../src/application/ports.ts'

interface Row {
  eventId: string
  betId: number
  applied: number
}

/** The events and bets of a database, and its placements in progress. `steps` lists the calls. */
export class FakeSettlements implements Settlements {
  readonly events: (OwedEvent & { settledVersion: number })[] = []
  readonly bets: Row[] = []
  readonly steps: string[] = []
  readonly sizes: number[] = []
  readonly finished: string[] = []
  /** How often `awaitPlacements` gives up before it succeeds. */
  placing = 0
  /** Whether a chunk, counted from 1, gets no answer in time. */
  failing: (chunk: number, size: number) => boolean = () => false
  onAwait: () => void = () => {}
  terminated: number[] = []

  constructor(events: number, betsEach: number) {
    for (let event = 1; event <= events; event++) {
      const eventId = `m-${String(event).padStart(4, '0')}`
      this.events.push({ eventId, stateVersion: 2, settledVersion: 1, database: 1 })
      for (let betId = 1; betId <= betsEach; betId++) this.bets.push({ eventId, betId, applied: 1 })
    }
  }

  get settled(): number {
    return this.bets.filter(({ applied }) => applied > 1).length
  }

  async owed(): Promise<OwedEvent[]> {
    this.steps.push('owed')
    return this.events
      .filter(({ stateVersion, settledVersion }) => settledVersion < stateVersion)
      .map(({ eventId, stateVersion, database }) => ({ eventId, stateVersion, database }))
  }

  async awaitPlacements(): Promise<boolean> {
    this.steps.push('await')
    this.onAwait()
    return this.placing-- <= 0
  }

  async terminateStuckPlacements(minMs: number): Promise<object[]> {
    this.terminated.push(minMs)
    this.placing = 0
    return [{ pid: 4711 }]
  }

  async settleChunk(events: readonly OwedEvent[], after: ChunkPosition, size: number) {
    this.steps.push('chunk')
    this.sizes.push(size)
    if (this.failing(this.sizes.length, size)) throw new DatabaseUnavailableError()
    const ids = new Set(events.map(({ eventId }) => eventId))
    const looked = this.bets
      .filter(({ eventId }) => ids.has(eventId))
      .filter(
        ({ eventId, betId }) =>
          eventId > after.eventId || (eventId === after.eventId && betId > after.betId),
      )
      .slice(0, size)
    let settled = 0
    for (const bet of looked) {
      const stateVersion =
        this.events.find(({ eventId }) => eventId === bet.eventId)?.stateVersion ?? 0
      if (bet.applied >= stateVersion) continue
      bet.applied = stateVersion
      settled++
    }
    const last = looked.at(-1)
    return {
      looked: looked.length,
      settled,
      last: last && { eventId: last.eventId, betId: last.betId },
    }
  }

  async finish(events: readonly OwedEvent[]): Promise<void> {
    this.steps.push('finish')
    for (const { eventId, stateVersion } of events) {
      this.finished.push(eventId)
      const event = this.events.find((each) => each.eventId === eventId)
      if (event?.stateVersion === stateVersion) event.settledVersion = stateVersion
    }
  }
}
