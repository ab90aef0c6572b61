const POLL_MS = 20
const DEFAULT_WITHIN_MS = 5_000

/**
 * Calls `check` until it does not throw and returns its result; throws its last error on time-out.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = DEFAULT_WITHIN_MS }: { withinMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() >= deadline) throw error
    }
    await Bun.sleep(POLL_MS)
  }
}
