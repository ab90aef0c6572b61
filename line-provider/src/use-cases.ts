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

/** The use cases that only read. On a pool of their own they wait for no others. */
export function createReads({ events, feed }: Pick<Deps, 'events' | 'feed'>) {
  return {
    getEvent: getEvent({ events }),
    listOpenEvents: listOpenEvents({ events }),
    listChanges: listChanges({ feed }),
  }
}

/** All use cases of line-provider on its ports. Nothing runs until it is called. */
export function createUseCases({ events, onChanged, ...relay }: Deps) {
  return {
    ...createReads({ events, feed: relay.feed }),
    putEvent: putEvent({ events, onChanged }),
    relay: new Relay(relay),
  }
}
