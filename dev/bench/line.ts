import type { System } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'

const AT_ONCE = 32

/** Creates events named `${prefix}-0` and so on, at 1.50, and waits until bet-maker has them. */
export async function openEvents(system: System, prefix: string, count: number): Promise<void> {
  const put = async (n: number) => {
    await system.open(`${prefix}-${n}`)
  }
  await eachOf(count, put)
  await eventually(
    async () => {
      const [row] = await system.betSql<[{ known: number }]>`
        select count(*) as known from line_events where event_id like ${`${prefix}-%`}`
      if (row.known < count) throw new Error(`bet-maker knows ${row.known} of ${count} events.`)
    },
    { withinMs: 60_000 },
  )
}

/** Calls `work` for 0 … count − 1, `atOnce` at a time. */
export async function eachOf(
  count: number,
  work: (n: number) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
