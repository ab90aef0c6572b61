import { listChanges } from './application/list-changes.ts'
import type { Events } from './application/ports.ts'
import { putEvent } from './application/put-event.ts'
import { getEvent, listOpenEvents } from './application/read-events.ts'
import { Relay, type RelayDeps } from './application/relay.ts'

interface Deps extends RelayDeps {
  events: Events
  /** Called after each effective change; see `putEvent`. */
  onChanged(): void
}

/** All use cases of line-provider on its ports. Nothing runs until it is called. */
export function createUseCases({ events, onChanged, ...relay }: Deps) {
  return {
    putEvent: putEvent({ events, onChanged }),
    getEvent: getEvent({ events }),
    listOpenEvents: listOpenEvents({ events }),
    listChanges: listChanges(relay),
    relay: new Relay(relay),
  }
}
