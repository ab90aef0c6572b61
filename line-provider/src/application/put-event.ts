import { type EventChange, refusalOf, refusalOfNew } from '../domain/event-change.ts'
import type { ChangedEvent, Events } from './ports.ts'

interface Deps {
  events: Events
  /** Called after each effective change, so that it is published at once. */
  onChanged(): void
}

/**
 * Creates an event or changes it in part; refuses with `IncompleteEventError`,
 * `EndedAtRefusedError`, `EventEndedError` or `IllegalTransitionError`.
 */
export const putEvent =
  ({ events, onChanged }: Deps) =>
  async (change: EventChange): Promise<ChangedEvent> => {
    const result = await events.change(change)
    if (result === undefined) throw refusalOfNew(change)
    if (result.outcome === 'kept') {
      const refusal = refusalOf(change, result.event)
      if (refusal !== undefined) throw refusal
    } else onChanged()
    return result
  }
