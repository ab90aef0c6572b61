/**
 * A read that many share: one in flight for all who ask meanwhile, and its answer, the same object,
 * given again for `keepMs`. A failure is told to all who wait for it and is not kept. Nothing is
 * read unless somebody asks.
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
