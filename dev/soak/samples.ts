import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Fleet } from '../model/real/fleet.ts'
import type { Tolerance } from './flat.ts'

export type Measure = 'MB' | 'handles' | 'sockets' | 'connections'

/** Memory varies with garbage collection, and pools open connections on demand and after cuts. */
export const TOLERANCES: Record<Measure, Tolerance> = {
  MB: { share: 0.1, beside: 10 },
  handles: { share: 0.1, beside: 4 },
  sockets: { share: 0.1, beside: 4 },
  connections: { share: 0.1, beside: 4 },
}

export interface Sample {
  of: string
  measure: Measure
  value: number
}

const BYTES_PER_MB = 1_000_000
const ESTABLISHED = '01'

/** The current resources of every process (from /proc) and the connections of the servers. */
export async function takeSamples(fleet: Fleet): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const role of ['line', 'api', 'worker'] as const)
    for (const [on, { pid }] of fleet[role].entries()) {
      if (pid === undefined) throw new Error(`${role} ${on} does not run.`)
      const of = `${role} ${on}`
      const handles = handlesOf(pid)
      samples.push({ of, measure: 'MB', value: residentBytes(pid) / BYTES_PER_MB })
      samples.push({ of, measure: 'handles', value: handles.length })
      const sockets = handles.filter((target) => target.startsWith('socket:'))
      samples.push({ of, measure: 'sockets', value: sockets.length })
    }
  for (const [of, sql] of [
    ['line_db', fleet.lineSql] as const,
    ['bet_db', fleet.betSql] as const,
  ]) {
    const [row] = await sql<[{ count: number }]>`
      select count(*) from pg_stat_activity where datname = current_database()`
    samples.push({ of, measure: 'connections', value: row.count })
  }
  samples.push({ of: 'RabbitMQ', measure: 'connections', value: connectionsTo(fleet.brokerUrl) })
  return samples
}

function residentBytes(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

/** What the open handles of a process refer to. */
function handlesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((handle) => {
    try {
      return readlinkSync(`${folder}/${handle}`)
    } catch {
      // Closed since the folder was read.
      return []
    }
  })
}

/** The number of established connections to the port of a URL. */
function connectionsTo(url: string): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0')
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8').split('\n'),
  )
  return lines.filter((line) => {
    const [, , remote, state] = line.trim().split(/\s+/)
    return remote?.endsWith(`:${port}`) && state === ESTABLISHED
  }).length
}
