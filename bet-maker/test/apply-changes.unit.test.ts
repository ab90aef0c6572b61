import { describe, expect, test } from 'bun:test'
import { DatabaseUnavailableError, InvalidValueError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { applyChanges } from '../src/application/apply-changes.ts'

/** A copy that refuses every batch with an event of `bad`, whole, as one statement does. */
function copyRefusing(...bad: string[]) {
  const known = new Map<string, SportingEvent>()
  const statements: string[][] = []
  return {
    known,
    statements,
    owed: false,
    async apply(events: readonly SportingEvent[]) {
      statements.push(events.map(({ eventId }) => eventId))
      for (const { eventId } of events)
        if (bad.includes(eventId)) throw new InvalidValueError(`no room for ${eventId}`)
      for (const event of events) known.set(event.eventId, event)
      return { owed: this.owed }
    },
  }
}

const events = ['m-1', 'm-2', 'm-3'].map((id) => sportingEvent(id))

describe('applying changes', () => {
  test('nothing to apply is no statement', async () => {
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

  test('a batch that fails goes event by event: only the bad one fails, in its place', async () => {
    const copy = copyRefusing('m-2')
    const results = await applyChanges({ copy, onOwed: () => {} })(events)
    expect(results).toEqual([undefined, new InvalidValueError('no room for m-2'), undefined])
    expect([...copy.known.keys()]).toEqual(['m-1', 'm-3'])
  })

  test('when the database does not answer it rejects, for all may be tried again', async () => {
    const copy = {
      async apply(): Promise<{ owed: boolean }> {
        throw new DatabaseUnavailableError()
      },
    }
    await expect(applyChanges({ copy, onOwed: () => {} })(events)).rejects.toThrow(
      DatabaseUnavailableError,
    )
  })

  test("a fault that is not the event's own rejects, so that a good message is never thrown away", async () => {
    const copy = {
      async apply(): Promise<{ owed: boolean }> {
        throw new Error('permission denied')
      },
    }
    await expect(applyChanges({ copy, onOwed: () => {} })(events)).rejects.toThrow(
      'permission denied',
    )
  })

  test('when the database goes away between two events it rejects, too', async () => {
    const statements: number[] = []
    const copy = {
      async apply(batch: readonly SportingEvent[]): Promise<{ owed: boolean }> {
        statements.push(batch.length)
        if (statements.length === 3) throw new DatabaseUnavailableError()
        if (batch.length > 1) throw new InvalidValueError('refused')
        return { owed: false }
      },
    }
    await expect(applyChanges({ copy, onOwed: () => {} })(events)).rejects.toThrow(
      DatabaseUnavailableError,
    )
    expect(statements).toEqual([3, 1, 1])
  })

  test('settling is woken when bets are owed, and only then', async () => {
    const copy = copyRefusing('m-2')
    let woken = 0
    const apply = applyChanges({ copy, onOwed: () => void woken++ })
    await apply(events)
    expect(woken).toBe(0)
    copy.owed = true
    await apply([sportingEvent('m-4')])
    expect(woken).toBe(1)
    // The owed events of a batch that goes one by one count as well.
    await apply(events)
    expect(woken).toBe(3)
  })
})
