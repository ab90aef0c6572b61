import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { findPostgresBin } from '../../services/debian-packages.ts'
import { percentile } from '../figure.ts'

export interface PgbenchOptions {
  clients: number
  seconds: number
}

export interface PgbenchResult {
  transactions: number
  perSecond: number
  p50Ms: number
}

/**
 * Runs a script of this folder with pgbench, with prepared statements, for `seconds`. Throws if a
 * transaction fails.
 */
export async function pgbench(
  databaseUrl: string,
  script: string,
  { clients, seconds }: PgbenchOptions,
): Promise<PgbenchResult> {
  const folder = mkdtempSync(`${tmpdir()}/pgbench-`)
  try {
    const command = [
      `${findPostgresBin()}/pgbench`,
      '-n',
      '-M',
      'prepared',
      '-c',
      clients,
      '-j',
      Math.min(clients, 2),
    ]
    const what = ['-T', seconds, '-f', `${import.meta.dir}/${script}`, '-l', databaseUrl]
    const child = Bun.spawn([...command, ...what].map(String), {
      cwd: folder,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [output, complaint] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    const transactions = Number(/actually processed: (\d+)/.exec(output)?.[1])
    const failed = Number(/failed transactions: (\d+)/.exec(output)?.[1] ?? 0)
    const perSecond = Number(/tps = ([\d.]+)/.exec(output)?.[1])
    if ((await child.exited) !== 0 || failed > 0 || !(perSecond > 0))
      throw new Error(`pgbench:\n${output}${complaint}`)
    return { transactions, perSecond, p50Ms: percentile(await latenciesMs(folder), 0.5) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The third column of pgbench's log: microseconds per transaction. */
async function latenciesMs(folder: string): Promise<number[]> {
  const logs = await Promise.all(
    [...new Bun.Glob('pgbench_log*').scanSync(folder)].map((name) =>
      Bun.file(`${folder}/${name}`).text(),
    ),
  )
  return logs.flatMap((log) =>
    log
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[2]) / 1_000),
  )
}
