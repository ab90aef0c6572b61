import { brokerAnswers, databaseAnswers } from './answers.ts'
import { type ContainerOptions, hasImage, IMAGES, startContainer } from './containers.ts'
import { type DebianPackage, ensureDebianPackages, isInstalled } from './debian-packages.ts'
import { POSTGRES_TEST_SETTINGS, startPrivatePostgres } from './private-postgres.ts'
import { startPrivateRabbitMq } from './private-rabbitmq.ts'
import type { PrivateService } from './private-service.ts'
import { withProgress } from './progress.ts'

const CONTAINER_READY_TIMEOUT_MS = 90_000
const POLL_MS = 100

export interface Services {
  /** The URL of the database `postgres`; tests create their own databases on this server. */
  databaseUrl: string
  brokerUrl: string
  /** Stops the servers that were started; given ones stay untouched. */
  stop(): Promise<void>
}

type Started = Pick<PrivateService, 'url' | 'remove'>

interface Server {
  name: string
  /** The environment variable for the URL of an existing server. */
  given: string
  package: keyof typeof IMAGES
  startPrivate(): Promise<Started>
  startContainer(): Promise<Started>
}

/** A server that tests need, and where this run gets it from. */
interface Choice {
  name: string
  origin: string
  /** The package to install first. */
  package?: DebianPackage
  start(): Promise<Started>
}

const POSTGRES: Server = {
  name: 'PostgreSQL',
  given: 'TEST_DATABASE_URL',
  package: 'postgresql',
  startPrivate: () => startPrivatePostgres(),
  startContainer: () =>
    startReadyContainer({
      options: {
        image: IMAGES.postgresql,
        port: 5432,
        env: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
        command: ['postgres', ...POSTGRES_TEST_SETTINGS],
      },
      url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
      answers: databaseAnswers,
    }),
}

const RABBITMQ: Server = {
  name: 'RabbitMQ',
  given: 'TEST_BROKER_URL',
  package: 'rabbitmq-server',
  startPrivate: () => startPrivateRabbitMq(),
  startContainer: () =>
    startReadyContainer({
      options: { image: IMAGES['rabbitmq-server'], port: 5672 },
      url: (port) => `amqp://guest:guest@127.0.0.1:${port}`,
      answers: (url) => brokerAnswers(Number(new URL(url).port)),
    }),
}

/**
 * Starts a PostgreSQL and a RabbitMQ for tests, each from the first source available:
 * 1. the server in `TEST_DATABASE_URL` or `TEST_BROKER_URL`;
 * 2. a private process, if Debian's package is installed;
 * 3. a container, if Docker runs and has the image;
 * 4. a private process, after installing Debian's package (as root).
 * Also installs `tools`. Throws `ServicesUnavailableError` when something is missing and may not be
 * installed.
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
  return { databaseUrl: database.url, brokerUrl: broker.url, stop }
}

async function choose(server: Server): Promise<Choice> {
  const { name, startPrivate, startContainer } = server
  const url = process.env[server.given]
  if (url) {
    const given = { url, async remove() {} }
    return { name, origin: `from ${server.given}`, start: async () => given }
  }
  const image = IMAGES[server.package]
  if (!isInstalled(server.package) && (await hasImage(image)))
    return { name, origin: image, start: startContainer }
  return {
    name,
    origin: "private, from Debian's package",
    package: server.package,
    start: startPrivate,
  }
}

async function start({ name, origin, start }: Choice): Promise<Started> {
  const startedAt = performance.now()
  const server = await withProgress(start(), () => `starting ${name}`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${name}: ${origin} (${seconds} s)`)
  return server
}

/** Starts a container and waits until its server answers. */
async function startReadyContainer(start: {
  options: ContainerOptions
  url: (port: number) => string
  answers: (url: string) => Promise<boolean>
}): Promise<Started> {
  const container = await startContainer(start.options)
  const url = start.url(container.port)
  const deadline = Date.now() + CONTAINER_READY_TIMEOUT_MS
  while (!(await start.answers(url))) {
    if (Date.now() > deadline) {
      await container.remove()
      throw new Error(
        `${start.options.image} did not answer within ${CONTAINER_READY_TIMEOUT_MS} ms`,
      )
    }
    await Bun.sleep(POLL_MS)
  }
  return { url, remove: container.remove }
}
