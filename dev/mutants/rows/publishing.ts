import type { Mutant } from '../mutant.ts'

export const PUBLISHING: Mutant[] = [
  {
    name: 'lease-noted-by-anyone',
    breaks: 'A relay that has lost the lease still advances the published position.',
    edits: [
      {
        file: 'line-provider/migrations/functions/advance_relay_lease.sql',
        replace: 'where holder = the_holder and up_to between',
        with: 'where up_to between',
      },
    ],
    noticedBy: [
      [
        'line-provider/test/relay-lease.int.test.ts',
        'only the holder records what is published, and the position never goes back',
      ],
    ],
  },
  {
    name: 'lease-of-several-holders',
    breaks: 'Anyone gets the lease while another holds it.',
    edits: [
      {
        file: 'line-provider/migrations/functions/hold_relay_lease.sql',
        replace: 'where holder is null or holder = the_holder or lease_until < clock_timestamp()',
        with: '',
      },
    ],
    noticedBy: [
      [
        'line-provider/test/relay-lease.int.test.ts',
        'one relay holds and renews the lease; no other gets it until it is released',
      ],
    ],
  },
  {
    name: 'publishing-takes-nacks-for-confirms',
    breaks: 'A message that the broker rejected counts as confirmed.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-publisher.ts',
        replace: `(error) => {
  const returned = this.#returned.delete(correlationId)
  resolve(error ? 'unknown' : returned ? 'returned' : 'confirmed')`,
        with: `() => {
  const returned = this.#returned.delete(correlationId)
  resolve(returned ? 'returned' : 'confirmed')`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-recovery.int.test.ts',
        'a message that the broker nacks is unknown, not confirmed',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'publishing-without-mandatory',
    breaks:
      'Messages are published without `mandatory`: RabbitMQ confirms and drops unroutable ones.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-publisher.ts',
        replace: `{ ...options, persistent: true, mandatory: true, correlationId },`,
        with: `{ ...options, persistent: true, mandatory: false, correlationId },`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/message-broker.int.test.ts',
        'an unroutable message is returned, the others are confirmed',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'publishing-without-persistence',
    breaks: 'Messages are not persistent: a broker loses them when it restarts.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-publisher.ts',
        replace: `{ ...options, persistent: true, mandatory: true, correlationId },`,
        with: `{ ...options, persistent: false, mandatory: true, correlationId },`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-broker.int.test.ts',
        'a message is persistent and carries its id, type, time and media type',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'relay-counts-returned-messages',
    breaks: 'An unroutable message counts as published.',
    edits: [
      {
        file: 'line-provider/src/infrastructure/event-sender.ts',
        replace: `const firstFailed = outcomes.findIndex((outcome) => outcome !== 'confirmed')`,
        with: `const firstFailed = outcomes.findIndex((outcome) => outcome === 'unknown')`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/event-sender.unit.test.ts',
        'F02 messages count as sent up to the first one that was returned or is unknown',
      ],
    ],
  },
  {
    name: 'relay-goes-on-without-confirms',
    breaks: 'The relay goes on past everything it sent, confirmed or not.',
    edits: [
      {
        file: 'line-provider/src/application/relay.ts',
        replace: `const last = numbered[sent - 1]?.seq`,
        with: `const last = numbered.at(-1)?.seq`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/relay.unit.test.ts',
        'F02 unconfirmed changes are not recorded, and sent again a second later',
      ],
    ],
  },
  {
    name: 'relay-notes-before-it-sends',
    breaks:
      'The relay records changes as published first: killed in between, it never publishes them.',
    edits: [
      {
        file: 'line-provider/src/application/relay.ts',
        replace: `
const sent = await sender.send(numbered.map(({ event }) => event))`,
        with: `
await lease.advance(holder, numbered.at(-1)?.seq ?? 0)
const sent = await sender.send(numbered.map(({ event }) => event))`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/relay.unit.test.ts',
        'F01 nothing is recorded before it is sent, so the next relay sends it again',
      ],
    ],
  },
]
