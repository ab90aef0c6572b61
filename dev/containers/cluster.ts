import { expect } from 'bun:test'
import { EVENT_QUEUE } from '@bets/domain/messages'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'
import { createCompose } from './compose.ts'

/** RabbitMQ takes longest, because each of its checks starts an Erlang VM. */
const HEALTHY_WITHIN_MS = 120_000
export const NODES = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'] as const

interface QueueRow {
  name: string
  leader: string
  members: string[]
  online: string[]
}

/** Controls the cluster's containers and connects to its two databases. */
export async function createCluster() {
  const docker = await createCompose({ cluster: true })
  const { run, container: id } = docker
  const open = (url: string) => connectDatabase(url, { max: 2, applicationName: 'test' })

  /** All queues as seen by a node. */
  async function queues(node: string): Promise<QueueRow[]> {
    const words = ['list_queues', 'name', 'leader', 'members', 'online', '--formatter', 'json']
    return JSON.parse(await run('docker', 'exec', await id(node), 'rabbitmqctl', '-q', ...words))
  }
  return {
    ...docker,
    betSql: open(docker.databaseUrl('bet_maker', 'bet', 'bet_db')),
    lineSql: open(docker.databaseUrl('line_provider', 'line', 'line_db')),
    queues,

    /** Kills the container's process. Docker regards that as intended and does not restart it. */
    kill: async (service: string) => run('docker', 'kill', await id(service)),
    start: async (service: string) => run('docker', 'start', await id(service)),
    restart: async (service: string) => run('docker', 'restart', '-t', '10', await id(service)),
    freeze: async (service: string) => run('docker', 'pause', await id(service)),
    thaw: async (service: string) => run('docker', 'unpause', await id(service)),

    /** Kills the container's process as a crash would, so that its restart policy applies. */
    async crash(service: string): Promise<void> {
      const pid = await run('docker', 'inspect', '-f', '{{.State.Pid}}', await id(service))
      // From outside its PID namespace, because inside process 1 is protected.
      const root = ['--rm', '--pid=host', '--user=0', docker.image]
      await run('docker', 'run', ...root, 'sh', '-c', `kill -9 ${pid}`)
    },

    async healthy(service: string): Promise<void> {
      const state = '{{.State.Status}} {{.State.Health.Status}}'
      const health = async () =>
        expect(await run('docker', 'inspect', '-f', state, await id(service))).toBe(
          'running healthy',
        )
      await eventually(health, { withinMs: HEALTHY_WITHIN_MS })
    },

    /** Resolves when all members of all queues are online; only then may another node stop. */
    async quorum(node: string): Promise<void> {
      const complete = async () => {
        for (const { online } of await queues(node)) expect(online).toHaveLength(NODES.length)
      }
      await eventually(complete, { withinMs: HEALTHY_WITHIN_MS })
    },

    /** The service whose node leads the workers' queue. */
    async leader(): Promise<string> {
      const row = (await queues(NODES[0])).find(({ name }) => name === EVENT_QUEUE)
      return (row?.leader ?? '').replace('rabbit@', '')
    },
  }
}
