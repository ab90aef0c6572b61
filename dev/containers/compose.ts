import { freePort } from '../services/ports.ts'
import { createPrivateFolder } from '../services/private-folder.ts'

const ROOT = `${import.meta.dir}/../..`

/** A random part of 10.0.0.0/8, unlikely to be used by anything else or a concurrent test. */
const randomNetwork = () =>
  `10.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 256)}`

const CLUSTER = { COMPOSE_FILE: 'docker-compose.yml:docker-compose.cluster.yml' }

/**
 * The containers under a unique project name and on free ports, so that a test never touches the
 * developer's containers or data. With `cluster`, both URLs lead to nginx.
 */
export async function createCompose({ cluster = false } = {}) {
  const [line, bets, postgres, rabbitmq, rabbitmqUi, pgadmin] = await Promise.all(
    Array.from({ length: 6 }, () => freePort()),
  )
  const project = `bets-test-${crypto.randomUUID().slice(0, 8)}`
  const env = {
    ...process.env,
    BACKUPS: createPrivateFolder('backups'),
    OPERATOR_TOKENS: 'test:an-operators-token',
    CLIENT_TOKENS: 'test:a-clients-token',
    COMPOSE_PROJECT_NAME: project,
    LINE_PROVIDER_PORT: String(line),
    BET_MAKER_PORT: String(bets),
    POSTGRES_PORT: String(postgres),
    RABBITMQ_PORT: String(rabbitmq),
    RABBITMQ_UI_PORT: String(rabbitmqUi),
    PGADMIN_PORT: String(pgadmin),
    ...(cluster ? { ...CLUSTER, CLUSTER_NETWORK: randomNetwork() } : {}),
  }

  /** Runs a command and returns its output; throws with the output when it fails. */
  async function run(...command: string[]): Promise<string> {
    const child = Bun.spawn(command, {
      cwd: ROOT,
      env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, errors, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    if (code !== 0) throw new Error(`${command.join(' ')} exited ${code}:\n${out}\n${errors}`)
    return out.trim()
  }

  const make = (target: string, ...variables: string[]) =>
    run('make', target, ...variables, ...(cluster ? ['cluster=1'] : []))
  const compose = (...words: string[]) => run('docker', 'compose', ...words)
  return {
    make,
    compose,
    run,
    /** The image of the project's processes. */
    image: project,
    /** Deletes containers, data and the image, which is missing if `make up` failed early. */
    async remove() {
      await make('clean')
      if ((await run('docker', 'image', 'ls', '-q', project)) !== '')
        await run('docker', 'image', 'rm', project)
    },
    /** Each published port of a container and the address where: `127.0.0.1 postgres:5432`. */
    async published(): Promise<string[]> {
      const { services } = Bun.YAML.parse(await compose('config')) as {
        services: Record<string, { ports?: { host_ip: string; target: number }[] }>
      }
      const published = Object.entries(services).flatMap(([service, { ports = [] }]) =>
        ports.map(({ host_ip, target }) => `${host_ip} ${service}:${target}`),
      )
      return published.toSorted()
    },
    /** Makes a backup; returns the output and the folder. */
    async backup() {
      const output = await make('backup')
      return { output, folder: /from=(\S+)/.exec(output)?.[1] }
    },
    /** The id of a service's container, running or not. `docker compose ps` takes a second. */
    container: (service: string) =>
      run(
        'docker',
        'ps',
        '-aq',
        `--filter=label=com.docker.compose.project=${project}`,
        `--filter=label=com.docker.compose.service=${service}`,
        '--filter=label=com.docker.compose.oneoff=False',
      ),
    /** Headers with the services' tokens. */
    asOperator: { authorization: 'Bearer an-operators-token' },
    asClient: { authorization: 'Bearer a-clients-token' },
    lineUrl: `http://127.0.0.1:${line}`,
    betsUrl: `http://127.0.0.1:${bets}`,
    /** The URL of a database for the role of a service. */
    databaseUrl: (role: 'line_provider' | 'bet_maker', password: string, database: string) =>
      `postgres://${role}:${password}@127.0.0.1:${postgres}/${database}`,
    rabbitmqUiUrl: `http://127.0.0.1:${rabbitmqUi}`,
    pgadminUrl: `http://127.0.0.1:${pgadmin}`,
  }
}
