import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Histogram bounds in seconds, from a fast statement to far beyond any time limit. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/**
 * How long a scrape waits for values that come from a database. Prometheus itself gives up after
 * ten seconds.
 */
const READ_TIMEOUT_MS = 1_000

/** A current value. Without one, the sample is omitted. */
type Reading = number | null | undefined

/**
 * The Prometheus metrics of a process, in a separate prom-client registry, because `bun run dev`
 * holds three in one process. Names are unique and follow Prometheus's conventions (base units,
 * `_total`). Label values come from short, fixed lists, never from clients.
 */
export class Metrics {
  readonly registry = new Registry()

  /**
   * All metrics as text. Waits at most one second for values from databases, and never rejects
   * because of them.
   */
  text(): Promise<string> {
    return this.registry.metrics()
  }

  get contentType(): string {
    return this.registry.contentType
  }

  counter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  /** A counter that is maintained elsewhere and read at each scrape. */
  counterOf(name: string, help: string, read: () => number): void {
    const collect = () => {
      counter.reset()
      counter.inc(read())
    }
    const counter = new Counter({ name, help, collect, registers: [this.registry] })
  }

  /**
   * `bounds` are inclusive upper bounds in ascending order, in the unit of the values.
   */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    bounds: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    return new Histogram({
      name,
      help,
      buckets: [...bounds],
      labelNames,
      registers: [this.registry],
    })
  }

  /** A value that is read at each scrape. */
  gauge(name: string, help: string, read: () => Reading | Promise<Reading>): void {
    const collect = async () => {
      const value = await read()
      // Otherwise an unlabelled gauge would show 0 at first, and later its last value for ever.
      if (typeof value !== 'number') gauge.remove()
      else gauge.set(value)
    }
    const gauge = new Gauge({ name, help, collect, registers: [this.registry] })
  }

  /** The same for each value of a label. Returns a function that adds a label value. */
  gauges(name: string, help: string, label: string): (value: string, read: () => number) => void {
    const reads = new Map<string, () => number>()
    const collect = () => {
      for (const [value, read] of reads) gauge.set({ [label]: value }, read())
    }
    const gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      collect,
      registers: [this.registry],
    })
    return (value, read) => void reads.set(value, read)
  }

  /** A fact about the process, expressed as labels with the value 1. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    new Gauge({ name, help, labelNames: Object.keys(labels), registers: [this.registry] }).set(
      labels,
      1,
    )
  }

  /**
   * Gauges that come from one database query per scrape; concurrent scrapes share it. If it fails
   * or takes longer than a second, the samples are omitted, which means "unknown" rather than 0.
   */
  reading<Name extends string>(
    help: Readonly<Record<Name, string>>,
    read: () => Promise<Readonly<Record<Name, Reading>>>,
  ): void {
    let pending: Promise<Readonly<Record<Name, Reading>> | undefined> | undefined
    const readShared = () => {
      pending ??= read()
        .catch(() => undefined)
        .finally(() => {
          pending = undefined
        })
      return Promise.race([pending, Bun.sleep(READ_TIMEOUT_MS)])
    }
    for (const name of Object.keys(help) as Name[])
      this.gauge(name, help[name], async () => (await readShared())?.[name])
  }
}
