/**
 * A number that only grows. prom-client's own counters look their labels up by sorting and joining them at each call, also those
 * of a "child"; this is an addition.
 */
export class Count {
  #value = 0

  get value(): number {
    return this.#value
  }

  add(amount = 1): void {
    this.#value += amount
  }
}

/** How many values fell below each of some bounds, and their sum: one line of a histogram. */
export class Spread {
  /** Per bound those up to it and above the bound before; last, those beyond all. */
  readonly #counts: Float64Array
  #sum = 0

  /** `bounds` in rising order, in the unit of the values. */
  constructor(readonly bounds: readonly number[]) {
    this.#counts = new Float64Array(bounds.length + 1)
  }

  get sum(): number {
    return this.#sum
  }

  /** A value above all bounds counts in the total only. */
  observe(value: number): void {
    const { bounds } = this
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sum += value
  }

  /** How many values were at or below each bound, and last how many there were at all. */
  cumulated(): number[] {
    let total = 0
    return Array.from(this.#counts, (count) => {
      total += count
      return total
    })
  }
}
