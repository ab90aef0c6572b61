import type { SportingEvent } from '@bets/domain/event'
import { cachedRead } from './cached-read.ts'
import type { Line } from './ports.ts'

/** How long an answer of line-provider is shown again. */
const KEEP_MS = 1_000

/**
 * The open events, asked of line-provider: one request in flight for all callers, its answer kept
 * for a second. When it does not answer, everyone gets `LineUnavailableError`, never an empty list.
 * The same list object is returned while it is kept, so that what is derived from it can be kept
 * with it.
 */
export const listOpenEvents = ({ line }: { line: Pick<Line, 'openEvents'> }) =>
  cachedRead<readonly SportingEvent[]>(KEEP_MS, () => line.openEvents())
