import { rmSync, writeFileSync } from 'node:fs'
import { brokerAnswers, portAnswers } from './answers.ts'
import { ensureDebianPackages, RABBITMQ_CONTROL, RABBITMQ_SERVER } from './debian-packages.ts'
import { OwnedProcess } from './owned-process.ts'
import { freePorts } from './ports.ts'
import { createPrivateFolder } from './private-folder.ts'
import type { PrivateRabbitMq, RabbitMqOptions } from './private-rabbitmq.ts'
import { startOrRemove } from './private-service.ts'

const READY_TIMEOUT_MS = 60_000

export type RabbitMqPorts = [amqp: number, distribution: number, epmd: number, api: number]

/**
 * Runs a private RabbitMQ of Debian's package, with its data, log, cookie and configuration in a
 * folder.
 */
export async function startRabbitMqPackage({
  management,
  configuration,
}: RabbitMqOptions): Promise<PrivateRabbitMq> {
  await ensureDebianPackages(['rabbitmq-server'])
  const ports = (await freePorts(4)) as RabbitMqPorts
  const [amqpPort, , epmdPort, apiPort] = ports
  const folder = createPrivateFolder('rabbitmq')
  const files = writeConfiguration(folder, configuration, management ? apiPort : undefined)
  const env = {
    PATH: process.env.PATH ?? '',
    LC_ALL: 'C.UTF-8',
    // Erlang keeps its cookie there.
    HOME: folder,
    RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_CONFIG_FILE: files.config,
    RABBITMQ_CONF_ENV_FILE: files.nothing,
    RABBITMQ_ENABLED_PLUGINS_FILE: files.plugins,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    ...listeningOn(ports),
    // With these two, the start script execs the server instead of waiting for it in a shell, so
    // the process id is the server's.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_START_ARGS: '-noinput',
  }
  const run = (name: string, command: string[]) =>
    new OwnedProcess({
      name,
      command,
      env,
      folder,
      logFile: `${folder}/${name}.log`,
      stopSignal: 'SIGTERM',
      abortSignal: 'SIGKILL',
    })

  let epmd: OwnedProcess | undefined
  let server: OwnedProcess | undefined
  const service: PrivateRabbitMq = {
    url: `amqp://guest:guest@127.0.0.1:${amqpPort}`,
    apiUrl: management ? `http://127.0.0.1:${apiPort}` : undefined,
    async start() {
      // Otherwise Erlang starts a port mapper as a daemon, which would outlive the tests.
      epmd ??= run('epmd', ['epmd', '-port', String(epmdPort), '-address', '127.0.0.1'])
      await epmd.waitUntil(() => portAnswers(epmdPort), READY_TIMEOUT_MS)
      server = run('RabbitMQ', [RABBITMQ_SERVER])
      await server.waitUntil(() => brokerAnswers(amqpPort), READY_TIMEOUT_MS)
    },
    async stop() {
      await server?.stop()
      server = undefined
    },
    async kill(signal, pid = server?.pid) {
      process.kill(pid as number, signal)
    },
    async control(...words) {
      // Not the wrapper on the PATH, which changes the user and so the cookie.
      const child = Bun.spawn([RABBITMQ_CONTROL, ...words], {
        env,
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const output = await Promise.all(
        [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
      )
      if ((await child.exited) !== 0)
        throw new Error(`rabbitmqctl ${words.join(' ')}: ${output.join('')}`)
    },
    async remove() {
      await service.stop()
      await epmd?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return startOrRemove(service)
}

/** The variables for a node that listens only on these ports of 127.0.0.1. */
export function listeningOn([amqp, distribution, epmd]: RabbitMqPorts): Record<string, string> {
  return {
    RABBITMQ_NODENAME: `bets_${amqp}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqp),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
}

/** Writes the configuration and the list of plugins into the folder; returns their paths. */
export function writeConfiguration(folder: string, more: string, apiPort: number | undefined) {
  const files = {
    config: `${folder}/rabbitmq.conf`,
    plugins: `${folder}/plugins`,
    nothing: `${folder}/rabbitmq-env.conf`,
  }
  // By default, publishers are blocked when less disk space is free than the machine has memory.
  const api = apiPort && `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${apiPort}\n`
  writeFileSync(files.config, `disk_free_limit.absolute = 50MB\n${api ?? ''}${more}`)
  writeFileSync(files.plugins, api === undefined ? '[].\n' : '[rabbitmq_management].\n')
  writeFileSync(files.nothing, '')
  return files
}
