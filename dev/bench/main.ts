import { mkdirSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { ServicesUnavailableError } from '../services/private-service.ts'
import { killServices } from '../services/service-process.ts'
import { changingFigures, measureChanging } from './changing.ts'
import { chartOf } from './chart.ts'
import { measureCost } from './cost.ts'
import {
  conclude,
  type Figure,
  type Measurement,
  type Note,
  type Progress,
  type Result,
} from './figure.ts'
import { measureFinding } from './finding.ts'
import { measureLatency } from './latency.ts'
import { measureMemory, memoryFigures } from './memory.ts'
import { measurePlacing, placingFigures } from './placing.ts'
import { measurePlacingAccounts, placingAccountsFigures } from './placing-accounts.ts'
import { measurePlacingGrown, placingGrownFigures } from './placing-grown.ts'
import { measureReading, readingFigures } from './reading.ts'
import { tableOf } from './report.ts'
import { startServers } from './servers.ts'
import {
  measureSettling,
  measureSettlingMany,
  settlingFigures,
  settlingManyFigures,
} from './settling.ts'
import { measureSettlingAccounts, settlingAccountsFigures } from './settling-accounts.ts'
import { measureTransferring, transferringFigures } from './transferring.ts'

const FOLDER = `${import.meta.dir}/../../.bench`
const GIGABYTE = 1_073_741_824

interface Part {
  /** Selects this part, as do the ids of its figures. */
  name: string
  figures: readonly Figure[]
  measure(progress: Progress): Promise<Measurement>
  /** Runs only when selected. */
  onRequest?: boolean
}

const PARTS: readonly Part[] = [
  { name: 'placing', figures: placingFigures, measure: measurePlacing },
  {
    name: 'placing-accounts',
    figures: placingAccountsFigures,
    measure: measurePlacingAccounts,
  },
  { name: 'settling', figures: settlingFigures, measure: measureSettling },
  { name: 'settling-many', figures: settlingManyFigures, measure: measureSettlingMany },
  {
    name: 'settling-accounts',
    figures: settlingAccountsFigures,
    measure: measureSettlingAccounts,
  },
  { name: 'transferring', figures: transferringFigures, measure: measureTransferring },
  { name: 'changing', figures: changingFigures, measure: measureChanging },
  { name: 'latency', figures: [], measure: measureLatency },
  { name: 'reading', figures: readingFigures, measure: measureReading },
  { name: 'cost', figures: [], measure: measureCost },
  { name: 'memory', figures: memoryFigures, measure: measureMemory },
  { name: 'grown', figures: placingGrownFigures, measure: measurePlacingGrown },
  { name: 'finding', figures: [], measure: measureFinding, onRequest: true },
]

/**
 * Measures the parts selected by `only=a,b`, or all. Prints a table and writes
 * `.bench/results.json` and `.bench/results.svg`.
 */
async function main(): Promise<number> {
  const parts = chosenParts(process.argv.slice(2))
  if (parts === undefined) {
    const names = PARTS.flatMap(({ name, figures }) => [name, ...figures.map(({ id }) => id)])
    console.error(
      `usage: make bench [only=NAME,…], a NAME being one of: ${[...new Set(names)].join(', ')}`,
    )
    return 2
  }
  const began = performance.now()
  console.log('Starting PostgreSQL and RabbitMQ for the bench …')
  const servers = await startServers()
  const memory = `${Math.round(totalmem() / GIGABYTE)} GB`
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${memory}, ${servers.versions}`
  console.log(`${machine}, fsync on`)
  const results: Result[] = []
  const notes: Note[] = []
  try {
    for (const { name, figures, measure } of parts) {
      const say: Progress = (what) => console.log(`${secondsSince(began)} s  ${name}: ${what}`)
      say('starting')
      const measured = await measure(say)
      notes.push(...(measured.notes ?? []))
      for (const figure of figures) {
        const samples = measured.samples[figure.id]
        if (samples === undefined) throw new Error(`${figure.id} was not measured.`)
        results.push(conclude(figure, samples))
      }
    }
  } finally {
    await killServices()
    await servers.stop()
  }
  const report = {
    at: new Date().toISOString(),
    machine,
    seconds: secondsSince(began),
    results,
    notes,
  }
  mkdirSync(FOLDER, { recursive: true })
  await Bun.write(`${FOLDER}/results.json`, `${JSON.stringify(report, null, 2)}\n`)
  await Bun.write(`${FOLDER}/results.svg`, chartOf(results, machine))
  console.log(
    `\n${tableOf(results, notes)}\n\n${machine}; ${report.seconds} s; ` +
      '.bench/results.json, .bench/results.svg',
  )
  return results.every(({ met }) => met) ? 0 : 1
}

function chosenParts(words: readonly string[]): readonly Part[] | undefined {
  if (words.length === 0) return PARTS.filter(({ onRequest }) => !onRequest)
  const [choice, ...others] = words
  const wanted = /^only=(.+)$/.exec(choice ?? '')?.[1]?.split(',')
  if (wanted === undefined || others.length > 0) return undefined
  const has = (part: Part, name: string) =>
    part.name === name || part.figures.some(({ id }) => id === name)
  if (!wanted.every((name) => PARTS.some((part) => has(part, name)))) return undefined
  return PARTS.filter((part) => wanted.some((name) => has(part, name)))
}

function secondsSince(beganMs: number): number {
  return Math.round((performance.now() - beganMs) / 1_000)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(130))
try {
  process.exit(await main())
} catch (error) {
  console.error(error instanceof ServicesUnavailableError ? error.message : error)
  process.exit(2)
}
