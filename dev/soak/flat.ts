/**
 * How much more of something does not count as growth: a share of the earlier amount, plus a fixed
 * number.
 */
export interface Tolerance {
  share: number
  beside: number
}

/**
 * Whether a measure has grown under a constant load: the median of the last quarter of its samples
 * exceeds that of the second quarter by more than the tolerance. The first quarter is ignored,
 * because caches, pools and compiled code fill up then. Medians are used because a short peak is
 * not a leak. A leak slower than the tolerance in half of the time needs a longer load.
 */
export function growth(
  samples: readonly number[],
  { share, beside }: Tolerance,
): { from: number; to: number; grown: boolean } {
  const quarter = Math.floor(samples.length / 4)
  if (quarter === 0) throw new Error('At least four samples are needed.')
  const from = median(samples.slice(quarter, 2 * quarter))
  const to = median(samples.slice(-quarter))
  return { from, to, grown: to > from * (1 + share) + beside }
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}
