import { DatabaseUnavailableError } from '@bets/domain/errors'
import { type Metrics, SECONDS } from '../metrics/metrics.ts'
import { sqlState } from './database.ts'
import { watchStatements } from './statements.ts'

const QUERY_CANCELED = '57014'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Measures the statements of this process, whose pool has so many connections. Returns what ends
 * the watching.
 */
export function meterStatements(metrics: Metrics, poolMax: number): () => void {
  const durations = metrics.histogram(
    'bets_database_statement_duration_seconds',
    'From asking for a connection to the answer.',
    SECONDS,
  )
  const waits = metrics.counter(
    'bets_database_pool_waits_total',
    'Statements that found every connection busy.',
  )
  const failed = metrics.counter(
    'bets_database_errors_total',
    'Statements that failed, by what was wrong.',
    ['kind'],
  )
  let underWay = 0
  const waiting = () => Math.max(0, underWay - poolMax)
  metrics.gauge('bets_database_pool_waiting', 'Statements that wait for a connection now.', waiting)
  return watchStatements({
    began() {
      if (underWay >= poolMax) waits.inc()
      underWay++
    },
    ended(seconds, error) {
      underWay--
      durations.observe(seconds)
      if (error !== undefined) failed.inc({ kind: kindOf(error) })
    },
  })
}

/**
 * `timeout`: ours or the server's limit. `lock`: it was not to be had in time, which settling takes
 * as "later". `refused`: deadlock or serialization, tried again. `server`: it cannot serve.
 * `statement`: it refused this one. `connection`: none, or it was lost.
 */
function kindOf(error: unknown): string {
  const state = sqlState(error)
  if (state === QUERY_CANCELED) return 'timeout'
  if (state === LOCK_NOT_AVAILABLE) return 'lock'
  if (state?.startsWith('40')) return 'refused'
  if (!(error instanceof DatabaseUnavailableError)) return 'statement'
  if (state !== undefined) return 'server'
  return typeof error.cause === 'string' ? 'timeout' : 'connection'
}
