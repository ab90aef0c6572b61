import { expect } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { get } from '../traffic/client.ts'
import type { System } from './system.ts'

/** What a process says of its broker connection. */
export async function brokerState({ url }: ServiceProcess): Promise<string> {
  const { checks } = (await get(`${url}/health/ready`)) as { checks: { broker: string } }
  return checks.broker
}

/**
 * Resolves when line-provider and worker both say so of their broker; answers after how many
 * milliseconds.
 */
export async function bothSides({ line, worker }: System, state: 'up' | 'down', withinMs: number) {
  const began = performance.now()
  const says = (service: ServiceProcess) =>
    eventually(async () => expect(await brokerState(service)).toBe(state), { withinMs }).then(() =>
      Math.round(performance.now() - began),
    )
  const [lineMs, workerMs] = await Promise.all([says(line), says(worker)])
  return { lineMs, workerMs }
}

/**
 * Changes an event's price and resolves when bet-maker's copy knows; answers after how many
 * milliseconds.
 */
export async function timeToCopy(
  system: System,
  event_id: string,
  withinMs: number,
): Promise<number> {
  const { version } = await system.open(event_id, {
    coefficient: (1 + Math.random() * 90).toFixed(2),
  })
  const began = performance.now()
  await eventually(
    async () => {
      const rows =
        await system.betSql`select from line_events where event_id = ${event_id} and version >= ${version}`
      expect(rows).toHaveLength(1)
    },
    { withinMs },
  )
  return Math.round(performance.now() - began)
}

/** Resolves when the relay has published every change there is. */
export const allPublished = ({ lineSql }: System) =>
  eventually(async () => {
    const [row] = await lineSql`
      select count(*)::int as unnumbered_or_unsent from events
      where seq is null or seq > (select published_seq from relay_lease)`
    expect(row).toEqual({ unnumbered_or_unsent: 0 })
  })

/** Runs the command for dead letters; answers what it prints and throws when it fails. */
export async function runDeadLetters(url: string, words: readonly string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, 'run', 'dead-letters', ...words], {
    cwd: `${import.meta.dir}/../..`,
    env: { PATH: process.env.PATH ?? '', BROKER_URL: url },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 20_000,
  })
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0)
    throw new Error(`dead-letters ${words.join(' ')}: ${stdout}${stderr}`)
  return stdout
}
