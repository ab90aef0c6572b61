import type { SportingEvent } from '@bets/domain/event'
import { cachedRead } from './cached-read.ts'
import type { Line } from './ports.ts'

/** How long an answer of line-provider is cached. */
const KEEP_MS = 1_000

/**
 * The open events, read from line-provider: single-flight, cached for a second. When line-provider
 * does not answer, callers get `LineUnavailableError`, never an empty list. While it is cached, the
 * same list object is returned, so that whatever is derived from it can be cached too.
 */
export const listOpenEvents = ({ line }: { line: Pick<Line, 'openEvents'> }) =>
  cachedRead<readonly SportingEvent[]>(KEEP_MS, () => line.openEvents())
