/**
 * How much more of something at the end of a load is no growth: a share of what there was, and a
 * few besides.
 */
export interface Tolerance {
  share: number
  beside: number
}

/**
 * Whether a measure has grown under a load that stayed the same: the median of the last quarter of
 * its samples lies above that of the second quarter by more than the tolerance. The first quarter
 * is left out, because caches, pools and the compiler's work fill up there; medians, because a
 * moment's peak is no leak. What leaks more slowly than the tolerance in half of the time needs a
 * longer load to be seen.
 */
export function growth(
  samples: readonly number[],
  { share, beside }: Tolerance,
): { from: number; to: number; grown: boolean } {
  const quarter = Math.floor(samples.length / 4)
  if (quarter === 0) throw new Error('Four samples are the least that can be judged.')
  const from = median(samples.slice(quarter, 2 * quarter))
  const to = median(samples.slice(-quarter))
  return { from, to, grown: to > from * (1 + share) + beside }
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}
