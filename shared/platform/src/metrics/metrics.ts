import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Seconds, from what a statement takes to what nobody waits for. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/**
 * How long a scrape waits for what has to be asked of a database. Prometheus itself gives up after
 * ten seconds.
 */
const READING_LIMIT_MS = 1_000

/** A value to show at this moment; the sample is left out when there is none. */
type Reading = number | null | undefined

/**
 * What a process tells about itself, in Prometheus's form: prom-client's metrics in a registry of
 * their own, so that `bun run dev` can hold three in one process. Names are unique within it and
 * follow Prometheus's rules (base units, `_total`); label values come from short, fixed lists,
 * never from a client.
 */
export class Metrics {
  readonly registry = new Registry()

  /**
   * All metrics as text. Takes at most a second longer than what is at hand, whatever the databases
   * do, and never rejects for them.
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

  /** A counter that somebody else keeps, looked at with each scrape. */
  counterOf(name: string, help: string, read: () => number): void {
    const collect = () => {
      counter.reset()
      counter.inc(read())
    }
    const counter = new Counter({ name, help, collect, registers: [this.registry] })
  }

  /**
   * `bounds` in rising order, in the unit of the values; a value that lies on one is counted with
   * it.
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

  /** A value that is looked at with each scrape. */
  gauge(name: string, help: string, read: () => Reading | Promise<Reading>): void {
    const collect = async () => {
      const value = await read()
      // Without this an unlabelled gauge shows 0 from its start, and what it was told last for
      // ever.
      if (typeof value !== 'number') gauge.remove()
      else gauge.set(value)
    }
    const gauge = new Gauge({ name, help, collect, registers: [this.registry] })
  }

  /** The same per value of a label; what it answers gives it one more. */
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

  /** A fact about the process as labels, with the value 1. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    new Gauge({ name, help, labelNames: Object.keys(labels), registers: [this.registry] }).set(
      labels,
      1,
    )
  }

  /**
   * Gauges that come from one question to a database, asked with a scrape: once for all scrapes
   * that come while it is under way. When it fails or takes longer than a second their samples are
   * left out, which says "not known" rather than 0.
   */
  reading<Name extends string>(
    help: Readonly<Record<Name, string>>,
    read: () => Promise<Readonly<Record<Name, Reading>>>,
  ): void {
    let asking: Promise<Readonly<Record<Name, Reading>> | undefined> | undefined
    const ask = () => {
      asking ??= read()
        .catch(() => undefined)
        .finally(() => {
          asking = undefined
        })
      return Promise.race([asking, Bun.sleep(READING_LIMIT_MS)])
    }
    for (const name of Object.keys(help) as Name[])
      this.gauge(name, help[name], async () => (await ask())?.[name])
  }
}
