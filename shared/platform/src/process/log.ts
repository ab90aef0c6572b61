import { LOG_LEVELS, type Log, type LogFields, type LogLevel } from '@bets/domain/log'
import { LogWriter } from './log-writer.ts'

let standardError: LogWriter | undefined

/** Errors are written at once, the rest with the other lines of the tick. */
function toStandardError(line: string, level: LogLevel): void {
  standardError ??= new LogWriter()
  standardError.line(line, level === 'error')
}

/**
 * A log of lines from `level` on, one JSON object each: `time`, `level`, `service`, `message`, then
 * the fields given. `write` takes them instead of standard error.
 */
export function createLog(
  service: string,
  level: LogLevel,
  write: (line: string, level: LogLevel) => void = toStandardError,
): Log {
  const at = (lineLevel: LogLevel) => {
    if (LOG_LEVELS.indexOf(lineLevel) < LOG_LEVELS.indexOf(level)) return () => {}
    const replacer = lineLevel === 'error' ? errorWithStack : plainError
    return (message: string, fields: LogFields = {}) => {
      const line = { time: new Date().toISOString(), level: lineLevel, service, message }
      write(`${toJson({ ...line, ...fields }, replacer) ?? toJson(line, replacer)}\n`, lineLevel)
    }
  }
  return { level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/**
 * Undefined for what JSON cannot say, like a ring of references: a log line must never fail what it
 * tells of.
 */
function toJson(
  value: object,
  replacer: (key: string, value: unknown) => unknown,
): string | undefined {
  try {
    return JSON.stringify(value, replacer)
  } catch {
    return undefined
  }
}

/**
 * Errors have no enumerable fields of their own. Only what helps is taken: drivers hang queries and
 * their parameters on theirs, which are the clients' data.
 */
function plainError(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  const { name, message, cause } = value
  return { name, message, code: (value as { code?: unknown }).code, cause }
}

/**
 * The stack too, where somebody will have to look for a fault; not for what mends itself and comes
 * again and again.
 */
function errorWithStack(key: string, value: unknown): unknown {
  const plain = plainError(key, value)
  return value instanceof Error ? { ...(plain as object), stack: value.stack } : plain
}
