import { EventNotFoundError } from '@bets/domain/errors'
import type { SportingEvent } from '@bets/domain/event'
import type { OpenEventPosition } from '@bets/domain/open-events'
import type { Events } from './ports.ts'

/** An event in its latest form, open or not. Throws `EventNotFoundError`. */
export const getEvent =
  ({ events }: { events: Events }) =>
  async (eventId: string): Promise<SportingEvent> => {
    const event = await events.find(eventId)
    if (event === undefined) throw new EventNotFoundError()
    return event
  }

/** A page of the open events; `next` is where the following page begins, absent on the last one. */
export const listOpenEvents =
  ({ events }: { events: Events }) =>
  async (
    after: OpenEventPosition | undefined,
    limit: number,
  ): Promise<{ items: SportingEvent[]; next: OpenEventPosition | undefined }> => {
    const found = await events.listOpen(after, limit + 1)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    const next =
      found.length > limit && last ? { deadline: last.deadline, eventId: last.eventId } : undefined
    return { items, next }
  }
