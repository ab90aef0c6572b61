import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { freePort } from '../services/ports.ts'
import { eventually } from '../testing/eventually.ts'
import { get, send } from './system.ts'

const folder = mkdtempSync(`${tmpdir()}/bets-dev-`)
const started: Bun.Subprocess[] = []
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL')
  await Promise.all(started.map((child) => child.exited))
  rmSync(folder, { recursive: true, force: true })
})

/** Starts the embedded mode as `bun run dev` does, with nothing but ports of its own in the environment. */
async function startDev() {
  const [line, bets, worker] = await Promise.all([freePort(), freePort(), freePort()])
  const began = performance.now()
  const child = Bun.spawn([process.execPath, 'dev/main.ts', folder], {
    cwd: `${import.meta.dir}/../..`,
    env: {
      PATH: process.env.PATH ?? '',
      LINE_PROVIDER_PORT: String(line),
      BET_MAKER_PORT: String(bets),
      WORKER_PORT: String(worker),
    },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  started.push(child)
  let printed = ''
  const reading = (async () => {
    for await (const bytes of child.stdout) printed += new TextDecoder().decode(bytes)
  })()
  await eventually(async () => expect(printed).toContain('Ready.'), { withinMs: 30_000 })
  const readyMs = performance.now() - began
  return {
    readyMs,
    printed: () => printed,
    lineUrl: `http://127.0.0.1:${line}`,
    betsUrl: `http://127.0.0.1:${bets}`,
    async stop() {
      child.kill('SIGINT')
      const code = await child.exited
      await reading
      return code
    },
  }
}

test('the embedded mode needs no server: a sample event, a bet, a result; the data survives a restart', async () => {
  const first = await startDev()
  expect(first.printed()).toContain(`${first.betsUrl}/docs`)
  const placed = await send('POST', `${first.betsUrl}/bet`, { event_id: 'm-1', bet_sum: '12.50' })
  expect(placed).toMatchObject({ status: 201, body: { coefficient: '1.50', potential_payout: '18.75' } })
  expect(
    (await send('PUT', `${first.lineUrl}/event`, { event_id: 'm-1', state: 'FINISHED_WIN' })).status,
  ).toBe(200)
  const settled = { id: placed.body.id, state: 'WIN', payout: '18.75' }
  await eventually(
    async () => expect(await get(`${first.betsUrl}/bets/${placed.body.id}`)).toMatchObject(settled),
    { withinMs: 3_000 },
  )
  expect(await first.stop()).toBe(0)

  const second = await startDev()
  expect(second.readyMs).toBeLessThan(10_000)
  expect(await get(`${second.betsUrl}/bets/${placed.body.id}`)).toMatchObject(settled)
  const open = (await get(`${second.betsUrl}/events`)) as unknown as { event_id: string; deadline: number }[]
  expect(open.map(({ event_id }) => event_id)).toEqual(['m-2', 'm-3', 'm-4', 'm-5', 'm-6'])
  for (const { deadline } of open) expect(deadline).toBeGreaterThan(Date.now() / 1000 + 3600)
  expect(await second.stop()).toBe(0)
})
