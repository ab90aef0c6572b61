import type { connectDatabase } from '@bets/platform/postgres/database'

const POLL_MS = 100
/** After this, an unsettled result counts as lost. */
const GIVEN_UP_MS = 120_000

export interface Result {
  eventId: string
  version: number
  /** When the change was answered, by `performance.now()`. */
  atMs: number
  /** When all bets of the event were first seen settled by this version or a later one. */
  settledAtMs: number | undefined
}

/** Measures, in bet-maker's database, the times from results to their last settled bets. */
export function watchSettling(betSql: ReturnType<typeof connectDatabase>) {
  const results: Result[] = []
  let open: Result[] = []
  let stopped = false

  async function poll(): Promise<void> {
    if (open.length === 0) return
    const ids = open.map(({ eventId }) => eventId)
    // A result that was taken back before it reached bet-maker never owes anything.
    const settled = await betSql<{ event_id: string; version: number }[]>`
      select event_id, version from line_events
      where event_id in ${betSql(ids)} and settled_version = state_version`
    const nowMs = performance.now()
    const versionOf = new Map(settled.map((row) => [row.event_id, row.version]))
    for (const result of open)
      if ((versionOf.get(result.eventId) ?? 0) >= result.version) result.settledAtMs = nowMs
    open = open.filter(({ settledAtMs }) => settledAtMs === undefined)
  }
  async function watch(): Promise<void> {
    let stoppedAtMs: number | undefined
    while (!stopped || open.length > 0) {
      if (stopped) stoppedAtMs ??= performance.now()
      if (stoppedAtMs !== undefined && performance.now() - stoppedAtMs > GIVEN_UP_MS)
        throw new Error(
          `${open.length} results were not settled, the first for ${open[0]?.eventId}.`,
        )
      await poll()
      await Bun.sleep(POLL_MS)
    }
  }
  const watching = watch()
  // A failure is thrown by `stop`, not as an unhandled rejection.
  watching.catch(() => {})

  return {
    results,
    /** `event` is the answer to the change that set or corrected its result. */
    expect(event: Record<string, unknown>): void {
      const { event_id, version } = event as { event_id: string; version: number }
      const result = { eventId: event_id, version, atMs: performance.now(), settledAtMs: undefined }
      results.push(result)
      open.push(result)
    },
    /** Resolves when every expected result is settled. */
    async stop(): Promise<void> {
      stopped = true
      await watching
    },
  }
}
