import type { PrivateService } from './private-service.ts'
import { startRabbitMqContainer } from './rabbitmq-container.ts'
import { startRabbitMqPackage } from './rabbitmq-package.ts'
import { runsInContainer } from './server-choice.ts'

export interface PrivateRabbitMq extends PrivateService {
  /** The management API, if requested. */
  apiUrl: string | undefined
  /** Runs `rabbitmqctl` with these words; rejects with its output when it fails. */
  control(...words: string[]): Promise<void>
}

export interface RabbitMqOptions {
  /** Whether it has the management API, which starts slowly. */
  management: boolean
  /** Added to its own configuration. */
  configuration: string
}

/**
 * Starts a private RabbitMQ, from Debian's package or in a container: see `runsInContainer`. AMQP,
 * Erlang's distribution and a separate port mapper (epmd) listen on free ports of 127.0.0.1.
 */
export async function startPrivateRabbitMq({
  management = false,
  configuration = '',
}: Partial<RabbitMqOptions> = {}): Promise<PrivateRabbitMq> {
  const start = (await runsInContainer('rabbitmq-server'))
    ? startRabbitMqContainer
    : startRabbitMqPackage
  return start({ management, configuration })
}
