/** Numbers from 0 to below 1 that look like chance. */
export type Random = () => number

/**
 * A stream of numbers of its own for each path, the same for the same seed whatever else draws from
 * others: FNV-1a makes the start of mulberry32.
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

/** Times between things that happen by themselves, `mean` on average. */
export function pause(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean
}
