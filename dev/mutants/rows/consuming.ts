import type { Mutant } from '../mutant.ts'

export const CONSUMING: Mutant[] = [
  {
    name: 'consuming-acknowledges-first',
    breaks:
      'Messages are acknowledged before they are handled: what was in hand when a worker dies is lost.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `const batch = this.#arrived.slice(0, this.subscription.prefetch)`,
        with: `const batch = this.#arrived.slice(0, this.subscription.prefetch)
for (const message of batch) this.channel.ack(message)`,
      },
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `const firstBad = verdicts.findIndex(({ kind }) => kind === 'dead')
// One for all is taken whole, but it takes what came earlier too: that must not be held.
const together = this.#bad.length > 0 ? 0 : firstBad < 0 ? batch.length : firstBad
const last = batch[together - 1]
if (last !== undefined) this.channel.ack(last, true)
for (const [index, message] of batch.entries()) {
  const verdict = verdicts[index]
  if (verdict?.kind === 'dead') this.#bad.push({ message, reason: verdict.reason })
  else if (index >= together) this.channel.ack(message)`,
        with: `// One for all is taken whole, but it takes what came earlier too: that must not be held.
for (const [index, message] of batch.entries()) {
  const verdict = verdicts[index]
  if (verdict?.kind === 'dead') this.#bad.push({ message, reason: verdict.reason })`,
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
        'holds at most prefetch messages unacknowledged; the others stay in the queue',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'dead-letter-acknowledged-first',
    breaks: 'A message for the dead letters is acknowledged before they have it.',
    edits: [
      {
        file: 'shared/platform/src/broker/rabbitmq-consumer.ts',
        replace: `const outcome = await this.#inTime(this.#publishDead(bad))
if (this.#abandoned) return
if (outcome !== 'confirmed') return await this.#giveUp(outcome)
const { message, reason } = bad
this.channel.ack(message)`,
        with: `this.channel.ack(bad.message)
const outcome = await this.#inTime(this.#publishDead(bad))
if (this.#abandoned) return
if (outcome !== 'confirmed') return await this.#giveUp(outcome)
const { message, reason } = bad`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/rabbitmq-consumer.unit.test.ts',
        'F12 a dead letter is acknowledged once it is confirmed, not before; its neighbours need not wait',
      ],
    ],
  },
  {
    name: 'dead-letter-without-a-confirm',
    breaks: 'A dead letter counts as kept whatever the broker said of it.',
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
      'A message is acknowledged without waiting for the database: a worker that dies now has lost it.',
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
        'a message is done with only once its event is in the copy',
      ],
      [
        'bet-maker/test/event-consumer.unit.test.ts',
        'while the copy cannot be written nothing is done with: the messages come again',
      ],
    ],
  },
]
