/**
 * Declares exchanges and queues through the management API, limits the queues, and creates the
 * RabbitMQ users, each with the least privileges that its process needs. Safe to repeat; run it
 * again whenever a password has changed. It has no imports, so it runs wherever Bun does: `bun
 * deploy/rabbitmq/rights.ts`.
 */

/** How long to wait for the API. RabbitMQ starts slowly when its queues are long. */
const WAIT_MS = 180_000
const POLL_MS = 1_000
const REPORT_EVERY_MS = 5_000
const ANSWER_TIMEOUT_MS = 5_000
const VHOST = encodeURIComponent('/')

/**
 * As in shared/domain/src/messages.ts; a test compares the two. Declared here, because a user who
 * may declare an exchange or a queue may also delete it.
 */
const QUEUES = [
  {
    name: 'bet-maker.line.dead',
    exchange: 'line.dead',
    routingKey: '#',
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000_000 },
  },
  {
    name: 'bet-maker.line',
    exchange: 'line',
    routingKey: 'event.changed',
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': 20,
      'x-dead-letter-exchange': 'line.dead',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  },
]

/**
 * The exchanges and queues that each user may create and delete (configure), publish to or bind as
 * the target (write), and consume from or bind as the source (read). No user may use RabbitMQ's
 * default exchange, which can publish to any queue.
 */
const USERS = [
  {
    name: 'line_provider',
    passwordSetting: 'LINE_BROKER_PASSWORD',
    configure: [],
    write: ['line'],
    read: [],
  },
  {
    name: 'bet_worker',
    passwordSetting: 'WORKER_BROKER_PASSWORD',
    configure: [],
    write: ['line.dead'],
    read: ['bet-maker.line'],
  },
  {
    // For `bun run dead-letters`, which uses a queue as a lock.
    name: 'dead_letters',
    passwordSetting: 'DEAD_LETTERS_BROKER_PASSWORD',
    configure: ['bet-maker.line.dead.lock'],
    write: ['line'],
    read: ['bet-maker.line.dead'],
  },
]

/**
 * Queue limits; the first one reached applies. They are policies, because an existing queue cannot
 * be redeclared with other arguments. When `bet-maker.line` is full it rejects publishes, and the
 * relay keeps its backlog. When the dead-letter queue is full it drops the oldest: if it rejected
 * new ones, they would return to the worker again and again and block good messages.
 */
const LIMITS = [
  {
    queue: 'bet-maker.line',
    definition: { 'max-length': 200_000, 'max-length-bytes': 256 * 1024 * 1024 },
  },
  {
    queue: 'bet-maker.line.dead',
    definition: {
      'max-length': 50_000,
      'max-length-bytes': 256 * 1024 * 1024,
      overflow: 'drop-head',
    },
  },
]

/** A pattern that matches exactly these names. */
const patternOf = (names: readonly string[]) =>
  names.length === 0 ? '^$' : `^(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})$`

/** An error whose one-line message says what to do. */
class RightsError extends Error {}

function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new RightsError(`Setting ${name} is required.`)
  return value
}

type ApiRequest = (method: 'GET' | 'PUT' | 'POST', path: string, body?: object) => Promise<Response>

function createRequest(apiUrl: string, user: string, password: string): ApiRequest {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return (method, path, body) =>
    fetch(`${apiUrl.replace(/\/+$/, '')}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
}

/** Waits until the API serves the virtual host, and reports the wait from time to time. */
async function whenReady(request: ApiRequest): Promise<void> {
  const startedMs = performance.now()
  let reportAtMs = REPORT_EVERY_MS
  for (;;) {
    const obstacle = await request('GET', `vhosts/${VHOST}`).then(
      ({ ok, status }) => (ok ? undefined : `status ${status}`),
      (error) => String(error),
    )
    if (obstacle === undefined) return
    if (obstacle.endsWith('401'))
      throw new RightsError('RabbitMQ rejects RABBITMQ_USER or RABBITMQ_PASSWORD.')
    const passedMs = performance.now() - startedMs
    if (passedMs > WAIT_MS) throw new RightsError(`RabbitMQ's API is unavailable: ${obstacle}.`)
    if (passedMs > reportAtMs) {
      console.log(`${Math.round(passedMs / 1000)} s  waiting for RabbitMQ's API: ${obstacle}`)
      reportAtMs += REPORT_EVERY_MS
    }
    await Bun.sleep(POLL_MS)
  }
}

async function main(): Promise<void> {
  const passwords = USERS.map(({ passwordSetting }) => setting(passwordSetting))
  const request = createRequest(
    setting('RABBITMQ_API_URL'),
    setting('RABBITMQ_USER'),
    setting('RABBITMQ_PASSWORD'),
  )
  const send = async (method: 'PUT' | 'POST', path: string, body: object) => {
    const answer = await request(method, path, body)
    if (!answer.ok)
      throw new RightsError(
        `RabbitMQ answered ${answer.status} to ${method} ${path}: ${await answer.text()}`,
      )
  }
  const put = (path: string, body: object) => send('PUT', path, body)

  await whenReady(request)
  // Limits first, before any user can log in and fill the queues.
  for (const { queue, definition } of LIMITS) {
    const policy = { pattern: patternOf([queue]), 'apply-to': 'queues', priority: 10, definition }
    await put(`policies/${VHOST}/${queue}`, policy)
    console.log(`${queue}: ${JSON.stringify(definition)}`)
  }
  for (const { exchange } of QUEUES)
    await put(`exchanges/${VHOST}/${exchange}`, { type: 'topic', durable: true })
  for (const { name, exchange, routingKey, arguments: args } of QUEUES) {
    await put(`queues/${VHOST}/${name}`, { durable: true, arguments: args })
    await send('POST', `bindings/${VHOST}/e/${exchange}/q/${name}`, { routing_key: routingKey })
    console.log(`${name}: bound to ${exchange}`)
  }
  for (const [index, { name, configure, write, read }] of USERS.entries()) {
    await put(`users/${name}`, { password: passwords[index], tags: '' })
    const patterns = {
      configure: patternOf(configure),
      write: patternOf(write),
      read: patternOf(read),
    }
    await put(`permissions/${VHOST}/${name}`, patterns)
    console.log(
      `${name}: configure ${patterns.configure} write ${patterns.write} read ${patterns.read}`,
    )
  }
}

// A proxy for the outside world may not reach RabbitMQ.
process.env.NO_PROXY = process.env.no_proxy = '*'
try {
  await main()
} catch (error) {
  if (!(error instanceof RightsError)) throw error
  console.error(error.message)
  process.exit(1)
}

export {}
