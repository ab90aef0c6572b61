/**
 * A read that is single-flight and cached: callers share one read in flight, and its result, the
 * same object, is reused for `keepMs`. A failure reaches every waiting caller and is not cached.
 * Nothing is read without a caller.
 */
export function cachedRead<Result>(
  keepMs: number,
  read: () => Promise<Result>,
): () => Promise<Result> {
  let kept: { result: Result; untilMs: number } | undefined
  let reading: Promise<Result> | undefined

  const readAndKeep = async (): Promise<Result> => {
    const result = await read()
    kept = { result, untilMs: performance.now() + keepMs }
    return result
  }

  return async () => {
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.result
    reading ??= readAndKeep().finally(() => {
      reading = undefined
    })
    return reading
  }
}
