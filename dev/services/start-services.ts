import { brokerAnswers, databaseAnswers } from './answers.ts'
import { type Container, hasImage, startContainer } from './containers.ts'
import type { ControlledService } from './controlled-service.ts'
import { type DebianPackage, ensureDebianPackages, isInstalled } from './debian-packages.ts'
import { POSTGRES_TEST_SETTINGS, startPrivatePostgres } from './private-postgres.ts'
import { startPrivateRabbitMq } from './private-rabbitmq.ts'

const POSTGRES_IMAGE = 'postgres:17'
const RABBITMQ_IMAGE = 'rabbitmq:4-management'
const CONTAINER_READY_TIMEOUT_MS = 90_000
const POLL_MS = 100

export interface Services {
  /** The server, by its database `postgres`; tests create databases of their own on it. */
  databaseUrl: string
  brokerUrl: string
  /** There when the server is a private process. */
  postgres: ControlledService | undefined
  rabbitmq: ControlledService | undefined
  /** Stops what was started; what was given stays untouched. */
  stop(): Promise<void>
}

interface Service {
  url: string
  /** Where it came from, for the one who waits. */
  origin: string
  control?: ControlledService
  remove(): Promise<void>
}

type Start = () => Promise<Service>

/**
 * A PostgreSQL and a RabbitMQ for tests, each from the first of these that there is: the one in
 * `TEST_DATABASE_URL` or `TEST_BROKER_URL`; a private process from Debian's package, where that is
 * installed; a container, where an engine runs and has the image; Debian's package again, which
 * root installs. Throws `ServicesUnavailableError` when there is none.
 */
export async function startServices(): Promise<Services> {
  const [database, broker] = await Promise.all([
    choose(process.env.TEST_DATABASE_URL, POSTGRES_IMAGE, postgresContainer, 'postgresql'),
    choose(process.env.TEST_BROKER_URL, RABBITMQ_IMAGE, rabbitMqContainer, 'rabbitmq-server'),
  ])
  // Before either starts, and in one go: only one apt-get can run at a time.
  const packages = [database, broker].flatMap((choice) => choice.package ?? [])
  await ensureDebianPackages(packages)

  const results = await Promise.allSettled([
    report('PostgreSQL', database.start),
    report('RabbitMQ', broker.start),
  ])
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async () => void (await Promise.all(started.map((service) => service.remove())))
  const [postgres, rabbitmq] = started
  if (postgres === undefined || rabbitmq === undefined) {
    await stop()
    throw results.find((result) => result.status === 'rejected')?.reason
  }
  return {
    databaseUrl: postgres.url,
    brokerUrl: rabbitmq.url,
    postgres: postgres.control,
    rabbitmq: rabbitmq.control,
    stop,
  }
}

async function choose(
  given: string | undefined,
  image: string,
  container: Start,
  name: DebianPackage,
): Promise<{ start: Start; package?: DebianPackage }> {
  if (given)
    return { start: async () => ({ url: given, origin: 'the one that is set', async remove() {} }) }
  if (!isInstalled(name) && (await hasImage(image))) return { start: container }
  const startPrivate = name === 'postgresql' ? startPrivatePostgres : startPrivateRabbitMq
  return {
    package: name,
    async start() {
      const service = await startPrivate()
      return { ...service, origin: "private, from Debian's package", control: service }
    },
  }
}

async function postgresContainer(): Promise<Service> {
  const container = await startContainer({
    image: POSTGRES_IMAGE,
    port: 5432,
    env: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
    command: ['postgres', ...POSTGRES_TEST_SETTINGS],
  })
  const url = `postgres://postgres@127.0.0.1:${container.port}/postgres`
  return whenReady({ url, origin: POSTGRES_IMAGE, remove: container.remove }, () =>
    databaseAnswers(url),
  )
}

async function rabbitMqContainer(): Promise<Service> {
  const container: Container = await startContainer({ image: RABBITMQ_IMAGE, port: 5672 })
  const url = `amqp://guest:guest@127.0.0.1:${container.port}`
  return whenReady({ url, origin: RABBITMQ_IMAGE, remove: container.remove }, () =>
    brokerAnswers(container.port),
  )
}

async function whenReady(service: Service, ready: () => Promise<boolean>): Promise<Service> {
  const deadline = Date.now() + CONTAINER_READY_TIMEOUT_MS
  while (!(await ready())) {
    if (Date.now() > deadline) {
      await service.remove()
      throw new Error(`${service.origin} did not answer within ${CONTAINER_READY_TIMEOUT_MS} ms`)
    }
    await Bun.sleep(POLL_MS)
  }
  return service
}

async function report(name: string, start: Start): Promise<Service> {
  const startedAt = performance.now()
  const service = await start()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${name}: ${service.origin} (${seconds} s)`)
  return service
}
