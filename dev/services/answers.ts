import { connect } from 'node:net'
import { connectDatabase, query } from '@bets/platform/postgres/database'

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

/**
 * Whether a broker answers the AMQP protocol header. A connection alone proves nothing: a
 * container's port accepts connections long before its server listens.
 */
export function brokerAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('AMQP\x00\x00\x09\x01'))
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
    const socket = connect({ port, host: '127.0.0.1' }, () => {
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
