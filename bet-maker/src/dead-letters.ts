import { DEAD_QUEUE, LINE_EXCHANGE, MAX_MESSAGE_BYTES } from '@bets/domain/messages'
import { openRabbitMqDeadLetters } from '@bets/platform/broker/rabbitmq-dead-letters'
import { runProcess } from '@bets/platform/process/run-process'
import { readBrokerUrl } from './config.ts'
import { HELP, readCommand, runCommand } from './presentation/dead-letters.command.ts'

/**
 * The command `bun run dead-letters`. If it is killed anywhere, every message is where it was or
 * where it belongs.
 */
async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2))
  if (command === undefined) {
    console.error(HELP)
    return 2
  }
  if (command.kind === 'help') {
    console.log(HELP)
    return 0
  }
  const dead = await openRabbitMqDeadLetters(readBrokerUrl(), {
    queue: DEAD_QUEUE,
    replayTo: LINE_EXCHANGE,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  })
  const done = await runCommand(command, dead, console.log)
  await dead.close()
  return done ? 0 : 1
}

if (import.meta.main)
  runProcess(async () => {
    process.exit(await main())
  })
