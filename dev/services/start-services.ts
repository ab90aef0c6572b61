import { brokerVersion, databaseVersion } from './answers.ts'
import { type DebianPackage, ensureDebianPackages } from './debian-packages.ts'
import { IMAGES } from './images.ts'
import { startPrivatePostgres } from './private-postgres.ts'
import { startPrivateRabbitMq } from './private-rabbitmq.ts'
import type { PrivateService } from './private-service.ts'
import { withProgress } from './progress.ts'
import { runsInContainer, type ServerPackage } from './server-choice.ts'

export interface Services {
  /** The URL of the database `postgres`; tests create their own databases on this server. */
  databaseUrl: string
  brokerUrl: string
  /** "PostgreSQL 17.12, RabbitMQ 4.3.0" */
  versions: string
  /** Stops the servers that were started; given ones stay untouched. */
  stop(): Promise<void>
}

type Started = Pick<PrivateService, 'url' | 'remove'>

interface Server {
  name: string
  /** The environment variable for the URL of an existing server. */
  given: string
  package: ServerPackage
  start(): Promise<Started>
  version(url: string): Promise<string>
}

/** A server that tests need, and where this run gets it from. */
interface Choice extends Pick<Server, 'name' | 'start' | 'version'> {
  origin: string
  /** The package to install first. */
  package?: DebianPackage
}

const POSTGRES: Server = {
  name: 'PostgreSQL',
  given: 'TEST_DATABASE_URL',
  package: 'postgresql',
  start: () => startPrivatePostgres(),
  version: databaseVersion,
}

const RABBITMQ: Server = {
  name: 'RabbitMQ',
  given: 'TEST_BROKER_URL',
  package: 'rabbitmq-server',
  start: () => startPrivateRabbitMq(),
  version: brokerVersion,
}

/**
 * Starts a private PostgreSQL and RabbitMQ for tests, unless `TEST_DATABASE_URL` or
 * `TEST_BROKER_URL` names an existing server. Also installs `tools`. Throws
 * `ServicesUnavailableError` when something is missing and may not be installed.
 */
export async function startServices(tools: readonly DebianPackage[] = []): Promise<Services> {
  const [postgres, rabbitmq] = await Promise.all([choose(POSTGRES), choose(RABBITMQ)])
  // All packages at once and before either starts, because only one apt-get can run at a time.
  await ensureDebianPackages([
    ...[postgres, rabbitmq].flatMap((choice) => choice.package ?? []),
    ...tools,
  ])

  console.log('Starting PostgreSQL and RabbitMQ for the tests …')
  const results = await Promise.allSettled([start(postgres), start(rabbitmq)])
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async () => void (await Promise.all(started.map((server) => server.remove())))
  const [database, broker] = started
  if (database === undefined || broker === undefined) {
    await stop()
    throw results.find((result) => result.status === 'rejected')?.reason
  }
  const versions = started.map(({ version }) => version).join(', ')
  return { databaseUrl: database.url, brokerUrl: broker.url, versions, stop }
}

async function choose(server: Server): Promise<Choice> {
  const { name, start, version } = server
  const url = process.env[server.given]
  if (url) {
    const given = { url, async remove() {} }
    return { name, origin: `from ${server.given}`, start: async () => given, version }
  }
  if (await runsInContainer(server.package))
    return { name, origin: `private, a container of ${IMAGES[server.package]}`, start, version }
  const origin = "private, from Debian's package"
  return { name, origin, package: server.package, start, version }
}

async function start({ name, origin, start, version }: Choice) {
  const startedAt = performance.now()
  const server = await withProgress(start(), () => `starting ${name}`)
  const named = `${name} ${await version(server.url)}`
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${named}: ${origin} (${seconds} s)`)
  return { ...server, version: named }
}
