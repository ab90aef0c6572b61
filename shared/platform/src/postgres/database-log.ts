import type { Log } from '@bets/domain/log'
import { sqlState } from './database.ts'
import { kindOf } from './statement.meter.ts'
import { watchStatements } from './statements.ts'

/** The same cause is logged at most this often, should statements fail only now and then. */
const REPEAT_MS = 10_000

/** A statement that ran into a time limit says nothing of the server. */
const LOGGED = new Set(['server', 'connection'])

/**
 * Logs why the databases of this process are unavailable (refused, unknown host, certificate, …):
 * once when it begins and when the cause changes, not per request. Then logs that they are back.
 */
export function logUnavailableDatabase(log: Log): void {
  let current: string | undefined
  const loggedMs = new Map<string, number>()
  watchStatements({
    began() {},
    ended(_seconds, error) {
      if (error === undefined) {
        if (current !== undefined) log.info('database available again')
        current = undefined
        return
      }
      if (!LOGGED.has(kindOf(error))) return
      const { cause } = error as { cause?: { code?: unknown } }
      const code = sqlState(error) ?? String(cause?.code)
      const nowMs = performance.now()
      if (code === current || nowMs - (loggedMs.get(code) ?? -REPEAT_MS) < REPEAT_MS) return
      current = code
      loggedMs.set(code, nowMs)
      log.warn('database unavailable', { error: cause })
    },
  })
}
