import type { Log } from '@bets/domain/log'

/** A log that records its lines. */
export function keepingLog() {
  const lines: { level: string; message: string; fields?: object }[] = []
  const at =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void lines.push({ level, message, fields })
  const log: Log = {
    level: 'debug',
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
  return { ...log, lines }
}
