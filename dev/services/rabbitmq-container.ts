import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { brokerAnswers } from './answers.ts'
import { IMAGES } from './images.ts'
import { OwnedContainer } from './owned-container.ts'
import { freePorts } from './ports.ts'
import { createPrivateFolder } from './private-folder.ts'
import type { PrivateRabbitMq, RabbitMqOptions } from './private-rabbitmq.ts'
import { startOrRemove } from './private-service.ts'
import { listeningOn, type RabbitMqPorts, writeConfiguration } from './rabbitmq-package.ts'

const READY_TIMEOUT_MS = 120_000

/** Runs a private RabbitMQ in a container. */
export async function startRabbitMqContainer({
  management,
  configuration,
}: RabbitMqOptions): Promise<PrivateRabbitMq> {
  const ports = (await freePorts(4)) as RabbitMqPorts
  const [amqpPort, , , apiPort] = ports
  const folder = createPrivateFolder('rabbitmq')
  const files = writeConfiguration(folder, configuration, management ? apiPort : undefined)
  const container = await OwnedContainer.run(basename(folder), {
    image: IMAGES['rabbitmq-server'],
    env: listeningOn(ports),
    switches: [
      // The node's name is short, whatever this machine is called.
      ...['--hostname', 'rabbitmq'],
      ...['--volume', `${files.config}:/etc/rabbitmq/conf.d/90-test.conf:ro`],
      ...['--volume', `${files.plugins}:/etc/rabbitmq/enabled_plugins:ro`],
    ],
    command: [],
  })
  const service: PrivateRabbitMq = {
    url: `amqp://guest:guest@127.0.0.1:${amqpPort}`,
    apiUrl: management ? `http://127.0.0.1:${apiPort}` : undefined,
    async start() {
      await container.start()
      await container.waitUntil(() => brokerAnswers(amqpPort), READY_TIMEOUT_MS)
    },
    stop: () => container.stop(),
    kill: (signal, pid) => container.kill(signal, pid),
    // As the server's user, who owns the cookie.
    control: async (...words) => void (await container.run('rabbitmq', 'rabbitmqctl', ...words)),
    async remove() {
      await container.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return startOrRemove(service)
}
