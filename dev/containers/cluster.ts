import { expect } from 'bun:test'
import { EVENT_QUEUE } from '@bets/domain/messages'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'
import { createCompose } from './compose.ts'

/** RabbitMQ takes longest: it starts an Erlang of its own for every check. */
const HEALTHY_WITHIN_MS = 120_000
export const NODES = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'] as const

interface QueueRow {
  name: string
  leader: string
  members: string[]
  online: string[]
}

/** The cluster's containers, to be killed, frozen and restarted, and its two databases. */
export async function createCluster() {
  const docker = await createCompose({ cluster: true })
  const { run, container: id } = docker
  const open = (url: string) => connectDatabase(url, { max: 2, applicationName: 'test' })

  /** Each queue as the given node sees it. */
  async function queues(node: string): Promise<QueueRow[]> {
    const words = ['list_queues', 'name', 'leader', 'members', 'online', '--formatter', 'json']
    return JSON.parse(await run('docker', 'exec', await id(node), 'rabbitmqctl', '-q', ...words))
  }
  return {
    ...docker,
    betSql: open(docker.databaseUrl('bet_maker', 'bet', 'bet_db')),
    lineSql: open(docker.databaseUrl('line_provider', 'line', 'line_db')),
    queues,

    /**
     * The container's process dies at once. Docker takes that as a wish and does not start it
     * again.
     */
    kill: async (service: string) => run('docker', 'kill', await id(service)),
    start: async (service: string) => run('docker', 'start', await id(service)),
    restart: async (service: string) => run('docker', 'restart', '-t', '10', await id(service)),
    freeze: async (service: string) => run('docker', 'pause', await id(service)),
    thaw: async (service: string) => run('docker', 'unpause', await id(service)),

    /**
     * The container's process dies as by itself, so that its restart policy has to bring it back.
     */
    async crash(service: string): Promise<void> {
      const pid = await run('docker', 'inspect', '-f', '{{.State.Pid}}', await id(service))
      // From outside its name space, where it cannot be protected as process 1.
      await run(
        'docker',
        'run',
        '--rm',
        '--pid=host',
        '--user=0',
        docker.image,
        'sh',
        '-c',
        `kill -9 ${pid}`,
      )
    },

    async healthy(service: string): Promise<void> {
      const health = async () =>
        expect(
          await run(
            'docker',
            'inspect',
            '-f',
            '{{.State.Status}} {{.State.Health.Status}}',
            await id(service),
          ),
        ).toBe('running healthy')
      await eventually(health, { withinMs: HEALTHY_WITHIN_MS })
    },

    /**
     * Resolves when all members of all queues are online again: before that, another node may not
     * go.
     */
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
