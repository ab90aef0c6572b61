import { DomainError } from '@bets/domain/errors'
import { changeId } from '@bets/domain/event'
import type { Log } from '@bets/domain/log'
import type { RequestOrigin } from '@bets/domain/request-origin'
import { coalescePerTick } from '@bets/platform/process/coalesce-per-tick'
import type { putEvent } from '../application/put-event.ts'

type PutEvent = ReturnType<typeof putEvent>

/**
 * Logs the outcome of each `PUT /event`: its `change`, or the `event_id` when it was refused, with
 * the request id and the operator. Changes of one statement share a line, because there may be
 * thousands a second.
 */
export function logChanges(log: Log, put: PutEvent) {
  const say = coalescePerTick<object>((handled) => log.info('changes handled', { handled }))
  return async (
    ...[change, origin]: [...Parameters<PutEvent>, RequestOrigin]
  ): ReturnType<PutEvent> => {
    const request = { request_id: origin.requestId, operator: origin.caller }
    try {
      const result = await put(change)
      say({ change: changeId(result.event), outcome: result.outcome, ...request })
      return result
    } catch (error) {
      const outcome = error instanceof DomainError ? error.code : 'INTERNAL'
      say({ event_id: change.eventId, outcome, ...request })
      throw error
    }
  }
}
