import { readFile } from 'node:fs/promises'
import { type System, startSystem } from '../e2e/system.ts'
import type { Figure, Measurement, Progress, Samples } from './figure.ts'
import { openEvents } from './line.ts'
import { EVENTS, placeFor } from './placing.ts'
import { betMakerOf } from './stored.ts'

const FIRST_LOOK = 100_000
const LAST_LOOK = 1_000_000
const SECONDS = 4
/**
 * Until the garbage collector has come by: right after a load, the first as the tenth, a process
 * holds a third more.
 */
const REST_MS = 4_000
const LOOKS = 5
const LOOK_EVERY_MS = 200
const MAX_MB = 256
const MEGABYTE = 1_048_576

const ROLES = { 'line-provider': 'line', 'bet-maker': 'bets', worker: 'worker' } as const

export const memoryFigures: Figure[] = Object.keys(ROLES).map((name) => ({
  id: `memory-${name}`,
  figure: `${name} after ${LAST_LOOK.toLocaleString('en')} bets, at most ${MAX_MB} MB`,
  limit: `after ${FIRST_LOOK.toLocaleString('en')}`,
  unit: 'MB',
  target: { atMost: 1.2 },
  ceiling: MAX_MB,
}))

/** What each process keeps in memory after many bets, against after few. */
export async function measureMemory(progress: Progress): Promise<Measurement> {
  const system = await startSystem({ LOG_LEVEL: 'warn' })
  const bets = betMakerOf(system)
  try {
    await openEvents(system, 'bench', EVENTS)
    const samples: Record<string, Samples> = {}
    for (const [look, count] of [
      ['limit', FIRST_LOOK],
      ['figure', LAST_LOOK],
    ] as const) {
      for (let placed = 0; placed < count; placed = await countBets(system)) {
        await placeFor(bets, SECONDS, EVENTS)
        progress(`more than ${placed.toLocaleString('en')} bets`)
      }
      await Bun.sleep(REST_MS)
      for (const [name, role] of Object.entries(ROLES)) {
        const id = `memory-${name}`
        samples[id] ??= { figure: [], limit: [] }
        samples[id][look] = await residentMb(system[role].pid)
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

/**
 * What the system counts as the process's own, several times, because the garbage collector comes
 * and goes.
 */
async function residentMb(pid: number): Promise<number[]> {
  const looks: number[] = []
  for (let look = 0; look < LOOKS; look++) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    looks.push((Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024) / MEGABYTE)
    await Bun.sleep(LOOK_EVERY_MS)
  }
  return looks
}
