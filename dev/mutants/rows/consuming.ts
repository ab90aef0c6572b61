import type { Mutant } from '../mutant.ts'

export const CONSUMING: Mutant[] = [
  {
    name: 'consuming-acknowledges-first',
    breaks: 'Messages are acknowledged before they are handled: a dying worker loses its batch.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `const batch = this.#arrived.slice(0, this.subscription.prefetch)`,
        with: `const batch = this.#arrived.slice(0, this.subscription.prefetch)
for (const message of batch) this.channel.ack(message)`,
      },
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: 'if (last !== undefined) this.channel.ack(last, true)',
        with: 'void last',
      },
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: 'else if (index >= leading) this.channel.ack(message)',
        with: '',
      },
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `const { message, reason } = bad
this.channel.ack(message)`,
        with: `const { message, reason } = bad`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-consumer.unit.test.ts',
        'F07 messages are acknowledged after their verdicts, not before',
      ],
      [
        'shared/platform/test/rabbitmq-broker.int.test.ts',
        'has at most prefetch unacknowledged messages; the others stay in the queue',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'dead-letter-acknowledged-first',
    breaks: 'A message is acknowledged before it is dead-lettered.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `const outcome = await this.#inTime(
publishDeadLetter(this.publisher, this.options.deadLetterExchange, bad),
)
if (this.#abandoned) return
if (outcome !== 'confirmed') return await this.#giveUp(outcome)
const { message, reason } = bad
this.channel.ack(message)`,
        with: `this.channel.ack(bad.message)
const outcome = await this.#inTime(
publishDeadLetter(this.publisher, this.options.deadLetterExchange, bad),
)
if (this.#abandoned) return
if (outcome !== 'confirmed') return await this.#giveUp(outcome)
const { message, reason } = bad`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-consumer.unit.test.ts',
        'F12 a dead letter is acknowledged only once confirmed; others do not wait',
      ],
    ],
  },
  {
    name: 'large-message-handed-over',
    breaks: 'The worker parses messages of any size.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: 'message.content.length > this.options.maxMessageBytes',
        with: 'message.content.length < 0',
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/message-verdicts.int.test.ts',
        'F51 a message above the limit of its queue is dead-lettered whole, unseen',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'slow-event-fails-its-batch',
    breaks: 'One event that cannot be applied in time keeps its whole batch from being applied.',
    edits: [
      {
        file: 'bet-maker/src/application/apply-changes.ts',
        replace: 'error instanceof StatementTimeoutError && mayBeTheEvent',
        with: 'error instanceof StatementTimeoutError && !mayBeTheEvent',
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/apply-changes.unit.test.ts',
        'F52 of a batch that times out, only the event at fault is not applied',
      ],
    ],
  },
  {
    name: 'dead-letter-without-a-confirm',
    breaks: 'A dead letter counts as published whatever the broker answered.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `if (outcome !== 'confirmed') return await this.#giveUp(outcome)`,
        with: `if (outcome === undefined) return await this.#giveUp(outcome)`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-consumer.unit.test.ts',
        'F12 a dead letter that was returned is not acknowledged, and the connection is given up',
      ],
    ],
  },
  {
    name: 'message-done-before-it-is-applied',
    breaks:
      'A message is acknowledged before the database has it: a worker that dies then has lost it.',
    edits: [
      {
        file: 'bet-maker/src/presentation/event.consumer.ts',
        replace: `const failures = await deps.applyChanges(events)`,
        with: `const failures: (Error | undefined)[] = []
void deps.applyChanges(events).catch(() => {})`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/event-consumer.unit.test.ts',
        'a message is done only once its event is in the copy',
      ],
      [
        'bet-maker/test/event-consumer.unit.test.ts',
        'while the copy is unavailable no message is done, so all are redelivered',
      ],
    ],
  },
  {
    name: 'good-messages-dropped-with-a-dead-letter',
    breaks: 'A connection is given up before the good messages on their way are handled.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `await this.#cancel()
await this.#pumped()
this.#halt()
`,
        with: `this.#halt()
`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-consumer.unit.test.ts',
        'F12 good messages on their way are handled before a connection is given up',
      ],
    ],
  },
  {
    name: 'delivered-again-without-counting',
    breaks: 'On RabbitMQ 4.3, a message that is never applied in time comes again for ever.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: 'this.channel.reject(message, true)',
        with: 'this.channel.nack(message, false, true)',
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-consumer.unit.test.ts',
        'F63 a message to be delivered again is rejected, which all versions count',
      ],
    ],
  },
  {
    name: 'dead-letters-at-most-once',
    breaks: 'A dead letter whose queue is missing is lost.',
    edits: [
      {
        file: 'shared/domain/src/messages.ts',
        replace: `'x-dead-letter-strategy': 'at-least-once'`,
        with: `'x-dead-letter-strategy': 'at-most-once'`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-alarm.int.test.ts',
        'F64 dead letters without a route are kept until there is one',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'no-delivery-limit',
    breaks: 'A message that ends every worker comes again for ever.',
    edits: [
      {
        file: 'shared/domain/src/messages.ts',
        replace: `'x-delivery-limit': 20`,
        with: `'x-delivery-limit': NO_DELIVERY_LIMIT`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-bad-messages.int.test.ts',
        'F63 a message that ends each worker that gets it becomes a dead letter',
      ],
      [
        'shared/platform/test/rabbitmq-bad-messages.int.test.ts',
        'F63 a message that is never applied in time becomes a dead letter',
      ],
    ],
    usesBroker: true,
  },
]
