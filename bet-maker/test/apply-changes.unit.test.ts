import { describe, expect, test } from 'bun:test'
import {
  DatabaseUnavailableError,
  InvalidValueError,
  StatementTimeoutError,
} from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { applyChanges } from '../src/application/apply-changes.ts'
import type { Applied } from '../src/application/ports.ts'

/** A copy that rejects a whole batch if it contains an event of `bad`, as one statement would. */
function copyRefusing(...bad: string[]) {
  const known = new Map<string, SportingEvent>()
  const statements: string[][] = []
  return {
    known,
    statements,
    owed: false,
    far: new Set<string>(),
    async apply(events: readonly SportingEvent[]) {
      statements.push(events.map(({ eventId }) => eventId))
      for (const { eventId } of events)
        if (bad.includes(eventId)) throw new InvalidValueError(`no room for ${eventId}`)
      for (const event of events) known.set(event.eventId, event)
      return { owed: this.owed, far: this.far }
    },
  }
}

const events = ['m-1', 'm-2', 'm-3'].map((id) => sportingEvent(id))

describe('applying changes', () => {
  test('with nothing to apply it runs no statement', async () => {
    const copy = copyRefusing()
    expect(await applyChanges({ copy, onOwed: () => {} })([])).toEqual([])
    expect(copy.statements).toEqual([])
  })

  test('a batch is one statement', async () => {
    const copy = copyRefusing()
    expect(await applyChanges({ copy, onOwed: () => {} })(events)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(copy.statements).toEqual([['m-1', 'm-2', 'm-3']])
  })

  test('a failing batch is applied event by event: only the bad event fails', async () => {
    const copy = copyRefusing('m-2')
    const results = await applyChanges({ copy, onOwed: () => {} })(events)
    expect(results).toEqual([undefined, new InvalidValueError('no room for m-2'), undefined])
    expect([...copy.known.keys()]).toEqual(['m-1', 'm-3'])
  })

  /** A copy in which every batch with one of these events times out. */
  const copyTimingOut = (...slow: string[]) => {
    const statements: number[] = []
    const apply = async (batch: readonly SportingEvent[]) => {
      statements.push(batch.length)
      if (batch.some(({ eventId }) => slow.includes(eventId))) throw new StatementTimeoutError()
      return { owed: false, far: new Set<string>() }
    }
    return { statements, apply }
  }

  test('F52 of a batch that times out, only the event at fault is not applied', async () => {
    const copy = copyTimingOut('m-2')
    const results = await applyChanges({ copy, onOwed: () => {} })(events)
    expect(results).toEqual([undefined, expect.any(StatementTimeoutError), undefined])
    expect(copy.statements).toEqual([3, 1, 1, 1])
  })

  test('F52 rejects when one event alone, or one after the other, times out', async () => {
    const many = Array.from({ length: 50 }, (_, number) => sportingEvent(`m-${number}`))
    const copy = copyTimingOut(...many.map(({ eventId }) => eventId))
    const apply = applyChanges({ copy, onOwed: () => {} })
    await expect(apply(many.slice(0, 1))).rejects.toThrow(StatementTimeoutError)
    await expect(apply(many)).rejects.toThrow(StatementTimeoutError)
    expect(copy.statements).toEqual([1, 50, 1, 1, 1, 1])
  })

  test('a version that is far above the known one fails, and no other of its batch', async () => {
    const copy = copyRefusing()
    copy.far.add('m-2:1')
    const results = await applyChanges({ copy, onOwed: () => {} })(events)
    expect(results).toEqual([
      undefined,
      new InvalidValueError('is far above the known version'),
      undefined,
    ])
    expect(copy.statements).toHaveLength(1)
  })

  test('rejects when the database is unavailable, so that all can be retried', async () => {
    const copy = {
      async apply(): Promise<Applied> {
        throw new DatabaseUnavailableError()
      },
    }
    await expect(applyChanges({ copy, onOwed: () => {} })(events)).rejects.toThrow(
      DatabaseUnavailableError,
    )
  })

  test('rejects on a fault not caused by the event, so no good message is lost', async () => {
    const copy = {
      async apply(): Promise<Applied> {
        throw new Error('permission denied')
      },
    }
    await expect(applyChanges({ copy, onOwed: () => {} })(events)).rejects.toThrow(
      'permission denied',
    )
  })

  test('rejects when the database becomes unavailable between two events', async () => {
    const statements: number[] = []
    const copy = {
      async apply(batch: readonly SportingEvent[]): Promise<Applied> {
        statements.push(batch.length)
        if (statements.length === 3) throw new DatabaseUnavailableError()
        if (batch.length > 1) throw new InvalidValueError('refused')
        return { owed: false, far: new Set() }
      },
    }
    await expect(applyChanges({ copy, onOwed: () => {} })(events)).rejects.toThrow(
      DatabaseUnavailableError,
    )
    expect(statements).toEqual([3, 1, 1])
  })

  test('wakes settling only when settlements are owed', async () => {
    const copy = copyRefusing('m-2')
    let woken = 0
    const apply = applyChanges({ copy, onOwed: () => void woken++ })
    await apply(events)
    expect(woken).toBe(0)
    copy.owed = true
    await apply([sportingEvent('m-4')])
    expect(woken).toBe(1)
    // Owed settlements count even if a batch is applied one by one.
    await apply(events)
    expect(woken).toBe(3)
  })
})
