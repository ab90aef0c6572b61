import { DatabaseUnavailableError } from '@bets/domain/errors'
import { type Metrics, SECONDS } from '../metrics/metrics.ts'
import { sqlState } from './database.ts'
import { watchStatements } from './statements.ts'

const QUERY_CANCELED = '57014'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Measures the statements of this process. Returns a function that stops the measuring.
 */
export function meterStatements(metrics: Metrics, poolMax: number): () => void {
  const durations = metrics.histogram(
    'bets_database_statement_duration_seconds',
    'Time from requesting a connection to the answer.',
    SECONDS,
  )
  const waits = metrics.counter(
    'bets_database_pool_waits_total',
    'Statements that found all connections busy.',
  )
  const failed = metrics.counter(
    'bets_database_errors_total',
    'Failed statements, by kind of failure.',
    ['kind'],
  )
  let running = 0
  const waiting = () => Math.max(0, running - poolMax)
  metrics.gauge('bets_database_pool_waiting', 'Statements waiting for a connection.', waiting)
  return watchStatements({
    began() {
      if (running >= poolMax) waits.inc()
      running++
    },
    ended(seconds, error) {
      running--
      durations.observe(seconds)
      if (error !== undefined) failed.inc({ kind: kindOf(error) })
    },
  })
}

/**
 * The kind of a statement's failure. `timeout`: our limit or the server's. `lock`: a lock timeout,
 * which whoever asked for the lock expects. `refused`: a deadlock or serialization failure, which
 * is retried. `server`: it cannot serve. `statement`: it rejected this statement. `connection`:
 * none, or lost.
 */
export function kindOf(error: unknown): string {
  const state = sqlState(error)
  if (state === QUERY_CANCELED) return 'timeout'
  if (state === LOCK_NOT_AVAILABLE) return 'lock'
  if (state?.startsWith('40')) return 'refused'
  if (!(error instanceof DatabaseUnavailableError)) return 'statement'
  if (state !== undefined) return 'server'
  return typeof error.cause === 'string' ? 'timeout' : 'connection'
}
