import { connect as connectTo } from 'node:net'
import { connectDatabase, query } from '@bets/platform/postgres/database'
import { connect } from 'amqplib'

const GREETING_TIMEOUT_MS = 2_000

/** Whether a PostgreSQL accepts the login and answers a query. */
export async function databaseAnswers(url: string): Promise<boolean> {
  const sql = connectDatabase(url, { max: 1, applicationName: 'dev-services' })
  try {
    await query(sql`select 1`)
    return true
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** The version of a PostgreSQL, such as "17.12". */
export async function databaseVersion(url: string): Promise<string> {
  const sql = connectDatabase(url, { max: 1, applicationName: 'dev-services' })
  try {
    const [row] = await sql<
      [{ version: string }]
    >`select current_setting('server_version') as version`
    // Debian adds its own.
    return row.version.split(' ')[0] as string
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** The version of a RabbitMQ, such as "4.3.0". */
export async function brokerVersion(url: string): Promise<string> {
  const model = await connect(url)
  const { version } = model.connection.serverProperties
  await model.close()
  return version
}

/**
 * Whether a broker answers the AMQP protocol header. A connection alone proves nothing: a
 * container's port accepts connections long before its server listens.
 */
export function brokerAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo({ port, host: '127.0.0.1' }, () =>
      socket.write('AMQP\x00\x00\x09\x01'),
    )
    const answer = (greeted: boolean) => {
      socket.destroy()
      resolve(greeted)
    }
    socket.setTimeout(GREETING_TIMEOUT_MS, () => answer(false))
    socket.once('data', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('close', () => answer(false))
  })
}

/** Whether anything accepts connections on this port of 127.0.0.1. */
export function portAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

const PORT_POLL_MS = 5
const PORT_TIMEOUT_MS = 30_000

/** Resolves with `performance.now()` when this port of 127.0.0.1 accepts connections. */
export async function whenPortAccepts(port: number): Promise<number> {
  const giveUpMs = performance.now() + PORT_TIMEOUT_MS
  while (!(await portAnswers(port))) {
    if (performance.now() > giveUpMs) throw new Error(`nothing listens on port ${port}`)
    await Bun.sleep(PORT_POLL_MS)
  }
  return performance.now()
}
