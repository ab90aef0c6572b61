import { readFile } from 'node:fs/promises'
import { type System, startSystem } from '../e2e/system.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { EVENTS, placeFor } from './placing.ts'
import { betMakerOf } from './stored.ts'

const FIRST_SAMPLE_BETS = 100_000
const LAST_SAMPLE_BETS = 1_000_000
const SECONDS = 4
/** Lets the garbage collector run: right after any load, a process uses a third more memory. */
const SETTLE_DOWN_MS = 4_000
const SAMPLES = 5
const SAMPLE_EVERY_MS = 200
const MAX_MB = 256
const MEGABYTE = 1_048_576

const ROLES = { 'line-provider': 'line', 'bet-maker': 'bets', worker: 'worker' } as const

export const memoryFigures: Figure[] = Object.keys(ROLES).map((name) => ({
  id: `memory-${name}`,
  figure: `${name} after ${LAST_SAMPLE_BETS.toLocaleString('en')} bets, at most ${MAX_MB} MB`,
  limit: `after ${FIRST_SAMPLE_BETS.toLocaleString('en')}`,
  unit: 'MB',
  target: { atMost: 1.2 },
  ceiling: MAX_MB,
}))

/** The memory of each process after many bets, compared with few. */
export async function measureMemory(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const bets = betMakerOf(system)
  try {
    await openEvents(system, 'bench', EVENTS)
    const samples: Record<string, Samples> = {}
    for (const [side, count] of [
      ['limit', FIRST_SAMPLE_BETS],
      ['figure', LAST_SAMPLE_BETS],
    ] as const) {
      for (let placed = 0; placed < count; placed = await countBets(system)) {
        await placeFor(bets, SECONDS, EVENTS)
        progress(`more than ${placed.toLocaleString('en')} bets`)
      }
      await Bun.sleep(SETTLE_DOWN_MS)
      for (const [name, role] of Object.entries(ROLES)) {
        const id = `memory-${name}`
        samples[id] ??= { figure: [], limit: [] }
        samples[id][side] = await residentMb(system[role].pid)
      }
    }
    return { samples }
  } finally {
    await system.stop()
  }
}

async function countBets({ betSql }: System): Promise<number> {
  const [row] = await betSql<[{ count: number }]>`select count(*) from bets`
  return row.count
}

/** The resident memory of a process, sampled several times because of garbage collection. */
async function residentMb(pid: number): Promise<number[]> {
  const values: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    values.push((Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024) / MEGABYTE)
    await Bun.sleep(SAMPLE_EVERY_MS)
  }
  return values
}
