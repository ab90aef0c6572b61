import { type Metric, Registry } from 'prom-client'
import { Count, Spread } from './tallies.ts'

/** Seconds, from what a statement takes to what nobody waits for. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** How long a scrape waits for what has to be asked of a database. Prometheus itself gives up after ten seconds. */
const READING_LIMIT_MS = 1_000

type MetricType = 'counter' | 'gauge' | 'histogram'
type Labels = Readonly<Record<string, string>>
interface Sample {
  labels: Labels
  value: number
  /** When it is not the family's name: of a histogram's lines. */
  metricName?: string
}

/** A value to show at this moment; the sample is left out when there is none. */
type Reading = number | null | undefined

/**
 * What a process tells about itself, in Prometheus's form: a registry of its own, so that `bun run dev` can hold three in one
 * process. Names are unique within it and follow Prometheus's rules (base units, `_total`); label values come from short, fixed
 * lists, never from a client.
 */
export class Metrics {
  readonly registry = new Registry()

  /** All metrics as text. Takes at most a second longer than what is at hand, whatever the databases do, and never rejects for them. */
  text(): Promise<string> {
    return this.registry.metrics()
  }

  get contentType(): string {
    return this.registry.contentType
  }

  counter(name: string, help: string): Count {
    const count = new Count()
    this.#add('counter', name, help, () => [{ labels: {}, value: count.value }])
    return count
  }

  /** A counter per value of a label. Keep what it answers where it is used often. */
  counters(name: string, help: string, label: string): (value: string) => Count {
    const parts = new Map<string, Count>()
    this.#add('counter', name, help, () =>
      Array.from(parts, ([value, count]) => ({ labels: { [label]: value }, value: count.value })),
    )
    return (value) => partOf(parts, value, () => new Count())
  }

  /** A counter that somebody else keeps. */
  counterOf(name: string, help: string, read: () => number): void {
    this.#add('counter', name, help, () => [{ labels: {}, value: read() }])
  }

  histogram(name: string, help: string, bounds: readonly number[]): Spread {
    const spread = new Spread(bounds)
    this.#add('histogram', name, help, () => histogramSamples(name, {}, spread))
    return spread
  }

  /** A histogram per combination of labels. Keep what it answers where it is used often. */
  histograms<Label extends string>(
    name: string,
    help: string,
    bounds: readonly number[],
  ): (labels: Readonly<Record<Label, string>>) => Spread {
    const parts = new Map<string, { labels: Labels; spread: Spread }>()
    this.#add('histogram', name, help, () =>
      [...parts.values()].flatMap(({ labels, spread }) => histogramSamples(name, labels, spread)),
    )
    return (labels) =>
      partOf(parts, JSON.stringify(labels), () => ({ labels, spread: new Spread(bounds) })).spread
  }

  /** A value that is looked at with each scrape. */
  gauge(name: string, help: string, read: () => Reading): void {
    this.#add('gauge', name, help, () => sampleOf(read()))
  }

  /** The same per value of a label; `add` gives it one more. */
  gauges(name: string, help: string, label: string): (value: string, read: () => number) => void {
    const reads = new Map<string, () => number>()
    this.#add('gauge', name, help, () =>
      Array.from(reads, ([value, read]) => ({ labels: { [label]: value }, value: read() })),
    )
    return (value, read) => void reads.set(value, read)
  }

  /** A fact about the process as labels, with the value 1. */
  info(name: string, help: string, labels: Labels): void {
    this.#add('gauge', name, help, () => [{ labels, value: 1 }])
  }

  /**
   * Gauges that come from one question to a database, asked with a scrape: once for all scrapes that come while it is under way.
   * When it fails or takes longer than a second their samples are left out, which says "not known" rather than 0.
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
      this.#add('gauge', name, help[name], async () => sampleOf((await ask())?.[name]))
  }

  #add(type: MetricType, name: string, help: string, samples: () => Sample[] | Promise<Sample[]>): void {
    const family = {
      name,
      help,
      type,
      get: async () => ({ name, help, type, values: await samples() }),
    }
    // All that the registry asks of a metric; its type names prom-client's own classes instead.
    this.registry.registerMetric(family as unknown as Metric)
  }
}

function partOf<Part>(parts: Map<string, Part>, key: string, create: () => Part): Part {
  let part = parts.get(key)
  if (part === undefined) {
    part = create()
    parts.set(key, part)
  }
  return part
}

function sampleOf(value: Reading): Sample[] {
  return typeof value === 'number' ? [{ labels: {}, value }] : []
}

function histogramSamples(name: string, labels: Labels, spread: Spread): Sample[] {
  const counts = spread.cumulated()
  const total = counts.at(-1) ?? 0
  const bounds = [...spread.bounds.map(String), '+Inf']
  const buckets = bounds.map((le, index) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value: counts[index] ?? 0,
  }))
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: spread.sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
