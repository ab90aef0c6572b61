/** Pseudorandom numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

/**
 * An independent stream of numbers for each path, determined by the seed however many numbers
 * others draw: mulberry32, seeded with the FNV-1a hash of the path.
 */
export function randomOf(seed: number, ...path: readonly (string | number)[]): Random {
  let state = 0x811c9dc5
  for (const character of [seed, ...path].join('/'))
    state = Math.imul(state ^ character.charCodeAt(0), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low)
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T
}

/** An exponentially distributed time between events, `mean` on average. */
export function pause(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean
}
