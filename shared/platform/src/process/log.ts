import { LOG_LEVELS, type Log, type LogFields, type LogLevel } from '@bets/domain/log'
import { LogWriter } from './log-writer.ts'

/** A longer text in a line is cut: a message or an error of another system may have any length. */
const MAX_TEXT_CHARACTERS = 4_096

let standardError: LogWriter | undefined

/** Errors are written at once, other lines at the end of the tick. */
function toStandardError(line: string, level: LogLevel): void {
  standardError ??= new LogWriter()
  standardError.line(line, level === 'error')
}

/**
 * Creates a log that writes lines of at least `level`, each one JSON object: `time`, `level`,
 * `service`, `message`, then the given fields. `write` replaces standard error.
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
 * Undefined for values that JSON cannot represent, such as circular references: logging must never
 * make the logged operation fail.
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
 * Errors have no enumerable fields, so the useful ones are picked. Others stay out: database
 * drivers attach queries and parameters to their errors, which contain client data.
 */
function plainError(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && value.length > MAX_TEXT_CHARACTERS)
    return `${value.slice(0, MAX_TEXT_CHARACTERS)}… (${value.length} characters)`
  if (!(value instanceof Error)) return value
  const { name, message, cause } = value
  return { name, message, code: (value as { code?: unknown }).code, cause }
}

/**
 * Adds the stack, at level error only: there somebody has to find a bug. Warnings are about
 * conditions that recover by themselves and repeat.
 */
function errorWithStack(key: string, value: unknown): unknown {
  const plain = plainError(key, value)
  return value instanceof Error ? { ...(plain as object), stack: value.stack } : plain
}
