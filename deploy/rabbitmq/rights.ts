/**
 * Gives a RabbitMQ, by its management API, a user for each process that may do what that process
 * does and nothing else, and bounds its queues. To be repeated whenever a password has changed:
 * what is so already stays. It imports nothing, so that it runs wherever Bun does: `bun
 * deploy/rabbitmq/rights.ts`.
 */

/** How long to wait for the API; a RabbitMQ that starts with much in its queues takes its time. */
const WAIT_MS = 180_000
const POLL_MS = 1_000
const SAY_EVERY_MS = 5_000
const ANSWER_TIMEOUT_MS = 5_000
const VHOST = encodeURIComponent('/')

/**
 * Which names of exchanges and queues a user may create and delete (configure), put something into
 * (write: publish to an exchange, bind a queue) and take something out of (read: consume from a
 * queue, bind to an exchange). Nobody has RabbitMQ's default exchange, by which one could put
 * anything into any queue.
 */
const USERS = [
  {
    name: 'line_provider',
    passwordSetting: 'LINE_BROKER_PASSWORD',
    configure: ['line'],
    write: ['line'],
    read: [],
  },
  {
    name: 'bet_worker',
    passwordSetting: 'WORKER_BROKER_PASSWORD',
    configure: ['line', 'line.dead', 'bet-maker.line', 'bet-maker.line.dead'],
    write: ['line.dead', 'bet-maker.line', 'bet-maker.line.dead'],
    read: ['line', 'line.dead', 'bet-maker.line'],
  },
  {
    // `bun run dead-letters`: its lock is a queue.
    name: 'dead_letters',
    passwordSetting: 'DEAD_LETTERS_BROKER_PASSWORD',
    configure: ['bet-maker.line.dead.lock'],
    write: ['line'],
    read: ['bet-maker.line.dead'],
  },
]

/**
 * How much may wait in a queue; what is reached first counts. As policies, because a queue that
 * exists cannot be declared again with other arguments. How a queue that is full behaves is said by
 * the queue: `bet-maker.line` refuses, and the relay keeps what it could not send. Of the dead
 * letters the oldest go: refused, they would come back to the worker for ever and hold up the good
 * ones, and nothing waits for them.
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

/** A pattern that fits these names and no others. */
const patternOf = (names: readonly string[]) =>
  names.length === 0 ? '^$' : `^(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})$`

/** What went wrong, in one line that says what to do. */
class RightsError extends Error {}

function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new RightsError(`Setting ${name} is required.`)
  return value
}

type Ask = (method: 'GET' | 'PUT', path: string, body?: object) => Promise<Response>

function askerOf(apiUrl: string, user: string, password: string): Ask {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return (method, path, body) =>
    fetch(`${apiUrl.replace(/\/+$/, '')}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
}

/** Waits until the API knows the virtual host, and says now and then that it waits. */
async function whenReady(ask: Ask): Promise<void> {
  const beganMs = performance.now()
  let sayAtMs = SAY_EVERY_MS
  for (;;) {
    const obstacle = await ask('GET', `vhosts/${VHOST}`).then(
      ({ ok, status }) => (ok ? undefined : `it answers ${status}`),
      (error) => String(error),
    )
    if (obstacle === undefined) return
    if (obstacle.endsWith('401'))
      throw new RightsError('RabbitMQ refuses RABBITMQ_USER or RABBITMQ_PASSWORD.')
    const passedMs = performance.now() - beganMs
    if (passedMs > WAIT_MS) throw new RightsError(`RabbitMQ's API cannot be used: ${obstacle}.`)
    if (passedMs > sayAtMs) {
      console.log(`${Math.round(passedMs / 1000)} s  waiting for RabbitMQ's API: ${obstacle}`)
      sayAtMs += SAY_EVERY_MS
    }
    await Bun.sleep(POLL_MS)
  }
}

async function main(): Promise<void> {
  const passwords = USERS.map(({ passwordSetting }) => setting(passwordSetting))
  const ask = askerOf(
    setting('RABBITMQ_API_URL'),
    setting('RABBITMQ_USER'),
    setting('RABBITMQ_PASSWORD'),
  )
  const put = async (path: string, body: object) => {
    const answer = await ask('PUT', path, body)
    if (!answer.ok)
      throw new RightsError(
        `RabbitMQ answers ${answer.status} to PUT ${path}: ${await answer.text()}`,
      )
  }

  await whenReady(ask)
  // Before anyone can log in who could fill them.
  for (const { queue, definition } of LIMITS) {
    const policy = { pattern: patternOf([queue]), 'apply-to': 'queues', priority: 10, definition }
    await put(`policies/${VHOST}/${queue}`, policy)
    console.log(`${queue}: ${JSON.stringify(definition)}`)
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

try {
  await main()
} catch (error) {
  if (!(error instanceof RightsError)) throw error
  console.error(error.message)
  process.exit(1)
}

export {}
