import type { LineEvent } from '@bets/shared/domain/event'
import type { Line } from './ports.ts'

/** How long an answer of line-provider is shown again. */
const KEEP_MS = 1_000

/**
 * The open events, asked of line-provider: one request in flight for all callers, its answer kept for a second. When
 * it does not answer, everyone gets `LineUnavailableError`, never an empty list. The same list object is
 * returned while it is kept, so that what is derived from it can be kept with it.
 */
export const listOpenEvents = ({ line }: { line: Pick<Line, 'openEvents'> }) => {
  let kept: { events: readonly LineEvent[]; untilMs: number } | undefined
  let asking: Promise<readonly LineEvent[]> | undefined

  const ask = async (): Promise<readonly LineEvent[]> => {
    const events = await line.openEvents()
    kept = { events, untilMs: performance.now() + KEEP_MS }
    return events
  }

  return async (): Promise<readonly LineEvent[]> => {
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.events
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
}
