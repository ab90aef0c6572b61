import { expect } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import type { ServiceProcess } from '../testing/process.ts'
import { countMessages } from '../traffic/broker.ts'
import { get } from '../traffic/client.ts'
import { startCommand } from './command.ts'
import type { System } from './system.ts'

/** The state of a process's broker connection, from its readiness check. */
export async function brokerState({ url }: ServiceProcess): Promise<string> {
  const { checks } = (await get(`${url}/health/ready`)) as { checks: { broker: string } }
  return checks.broker
}

/** Waits until line-provider and worker both report the state; returns the times in ms. */
export async function bothSides({ line, worker }: System, state: 'up' | 'down', withinMs: number) {
  const began = performance.now()
  const reports = (service: ServiceProcess) =>
    eventually(async () => expect(await brokerState(service)).toBe(state), { withinMs }).then(() =>
      Math.round(performance.now() - began),
    )
  const [lineMs, workerMs] = await Promise.all([reports(line), reports(worker)])
  return { lineMs, workerMs }
}

/** Changes a coefficient; returns the milliseconds until bet-maker's copy has the change. */
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
      const rows = await system.betSql`
        select from line_events where event_id = ${event_id} and version >= ${version}`
      expect(rows).toHaveLength(1)
    },
    { withinMs },
  )
  return Math.round(performance.now() - began)
}

/** Resolves when the relay has published every change. */
export const allPublished = ({ lineSql }: System) =>
  eventually(async () => {
    const [row] = await lineSql`
      select count(*)::int as unnumbered_or_unsent from events
      where seq is null or seq > (select published_seq from relay_lease)`
    expect(row).toEqual({ unnumbered_or_unsent: 0 })
  })

/** Waits until this many messages are ready for a worker, and expects no dead letters. */
export const queued = ({ brokerUrl }: System, waiting: number) =>
  eventually(async () => expect(await countMessages(brokerUrl)).toEqual({ waiting, dead: 0 }))

/** Runs the dead-letters command; returns its output and throws when it fails. */
export async function runDeadLetters(url: string, words: readonly string[]): Promise<string> {
  const command = [process.execPath, 'run', '--silent', 'dead-letters', ...words]
  const { code, output } = await startCommand(command, { BROKER_URL: url }).done
  if (code !== 0) throw new Error(`dead-letters ${words.join(' ')}: ${output}`)
  return output
}

export const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
