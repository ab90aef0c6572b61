import { afterAll, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { connectDatabase } from '@bets/platform/postgres/database'
import { startEmbeddedDatabase } from '../embedded/database.ts'
import { lockFolder } from '../embedded/folder-lock.ts'
import { freePorts } from '../services/ports.ts'
import { eventually } from '../testing/eventually.ts'
import { get, send } from '../traffic/client.ts'
import { startCommand } from './command.ts'

/** They fill many pages of the feed. */
const MORE_EVENTS = 20_000

/** The system chooses them: those next to free ports need not be free. */
const ANY_METRICS_PORTS = {
  LINE_PROVIDER_METRICS_PORT: '0',
  BET_MAKER_METRICS_PORT: '0',
  WORKER_METRICS_PORT: '0',
}

const folder = mkdtempSync(`${tmpdir()}/bets-dev-`)
const started: ReturnType<typeof startCommand>[] = []
afterAll(async () => {
  for (const command of started) command.kill('SIGKILL')
  await Promise.all(started.map(({ done }) => done))
  rmSync(folder, { recursive: true, force: true })
})

/** Starts the embedded mode as `bun run dev` does, with only free ports in the environment. */
async function launchDev(dataFolder = folder) {
  const [line, feed, bets, worker] = await freePorts(4)
  const command = startCommand([process.execPath, 'dev/main.ts', dataFolder], {
    LINE_PROVIDER_PORT: String(line),
    LINE_PROVIDER_FEED_PORT: String(feed),
    BET_MAKER_PORT: String(bets),
    WORKER_PORT: String(worker),
    ...ANY_METRICS_PORTS,
  })
  started.push(command)
  return { command, line, bets }
}

/**
 * Launches the embedded mode; resolves when it is ready. `meanwhile` is called immediately with the
 * future URL of bet-maker's API.
 */
async function startDev(meanwhile?: (betsUrl: string) => void) {
  const began = performance.now()
  const { command, line, bets } = await launchDev()
  meanwhile?.(`http://127.0.0.1:${bets}`)
  await command.untilPrinted('Ready.')
  const readyMs = performance.now() - began
  return {
    readyMs,
    pid: command.pid,
    printed: command.printed,
    lineUrl: `http://127.0.0.1:${line}`,
    betsUrl: `http://127.0.0.1:${bets}`,
    async stop() {
      command.kill('SIGINT')
      return (await command.done).code
    },
  }
}

test('embedded mode needs no server: event, bet, result; the data survives a restart', async () => {
  const first = await startDev()
  expect(first.printed()).toContain(`${first.betsUrl}/docs`)
  const placed = await send('POST', `${first.betsUrl}/bet`, { event_id: 'm-1', bet_sum: '12.50' })
  expect(placed).toMatchObject({
    status: 201,
    body: { coefficient: '1.50', potential_payout: '18.75' },
  })
  expect(
    (await send('PUT', `${first.lineUrl}/event`, { event_id: 'm-1', state: 'FINISHED_WIN' }))
      .status,
  ).toBe(200)
  const settled = { id: placed.body.id, state: 'WIN', payout: '18.75' }
  await eventually(
    async () => expect(await get(`${first.betsUrl}/bets/${placed.body.id}`)).toMatchObject(settled),
    { withinMs: 3_000 },
  )
  expect(await first.stop()).toBe(0)

  const second = await startDev()
  expect(second.readyMs).toBeLessThan(20_000)
  expect(await get(`${second.betsUrl}/bets/${placed.body.id}`)).toMatchObject(settled)
  const open = (await get(`${second.betsUrl}/events`)) as unknown as {
    event_id: string
    deadline: number
  }[]
  expect(open.map(({ event_id }) => event_id)).toEqual(['m-2', 'm-3', 'm-4', 'm-5', 'm-6'])
  for (const { deadline } of open) expect(deadline).toBeGreaterThan(Date.now() / 1000 + 3600)
  expect(await second.stop()).toBe(0)
})

test('F56 one process per data folder, whatever its path; a killed holder frees it', async () => {
  const data = `${folder}/shared`
  const linked = `${folder}/linked`
  mkdirSync(`${data}/bet_db`, { recursive: true })
  symlinkSync(data, linked)
  const holding = `
    require('./dev/embedded/folder-lock.ts').lockFolder('${data}/bet_db')
    console.log('locked')
    setInterval(() => {}, 1000)`
  const holder = startCommand([process.execPath, '-e', holding])
  started.push(holder)
  await holder.untilPrinted('locked')

  const refused = `${data}/bet_db is in use by process ${holder.pid}. `
  expect(() => lockFolder(`${data}/bet_db`)).toThrow(refused)
  const { code, output } = await (await launchDev(linked)).command.done
  expect(code).toBe(1)
  expect(output).toStartWith(`Starting …\n${refused}`)
  expect(output.trim().split('\n')).toHaveLength(2)

  holder.kill('SIGKILL')
  await holder.done
  const unlock = lockFolder(`${data}/bet_db`)
  expect(() => lockFolder(`${data}/bet_db`)).toThrow(`is in use by process ${process.pid}. `)
  unlock()
  lockFolder(`${data}/bet_db`)()
})

test('a taken port is known before anything has started', async () => {
  const taken = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const data = `${folder}/never-opened`
  const settings = {
    LINE_PROVIDER_PORT: '0',
    LINE_PROVIDER_FEED_PORT: String(taken.port),
    BET_MAKER_PORT: '0',
    WORKER_PORT: '0',
    ...ANY_METRICS_PORTS,
  }
  const { output } = await startCommand([process.execPath, 'dev/main.ts', data], settings).done
  expect(output).toStartWith(`Starting …\nPort ${taken.port} is taken`)
  expect(existsSync(data)).toBe(false)
  await taken.stop()
})

test('F57 a data folder that cannot be opened is one sentence', async () => {
  const inPlace = `${folder}/a-file`
  writeFileSync(inPlace, '')
  const otherVersion = `${folder}/other-version`
  for (const name of ['line_db', 'bet_db']) {
    mkdirSync(`${otherVersion}/${name}`, { recursive: true })
    writeFileSync(`${otherVersion}/${name}/PG_VERSION`, '15\n')
  }
  for (const [dataFolder, reason] of [
    [inPlace, 'ENOTDIR'],
    [otherVersion, 'its data were written by PostgreSQL 15'],
  ] as const) {
    const { code, output } = await (await launchDev(dataFolder)).command.done
    expect(code).toBe(1)
    expect(output).toMatch(/^Starting …\nThe database in .* cannot be opened: [^\n]*\.\n$/)
    expect(output).toContain(reason)
  }
})

/** Changes a database of the embedded mode while it is stopped. */
async function changeStored(name: 'line_db' | 'bet_db', statement: string): Promise<void> {
  const stored = await startEmbeddedDatabase(`${folder}/${name}`)
  const sql = connectDatabase(stored.url, { max: 1, applicationName: 'test' })
  await sql.unsafe(statement)
  await sql.end()
  await stored.stop()
}

test('after a long stop no bet is accepted before the first feed sync', async () => {
  // Changes that bet-maker's copy does not have: a coefficient, and enough events to make the feed
  // sync take a while.
  await changeStored(
    'line_db',
    `select change_events('[{"change":0,"event_id":"m-2","coefficient":999}]');
     insert into events (event_id, coefficient_hundredths, deadline, state, suspended, version,
                         changed_at)
     select 'more-' || number, 150, 4102444800, 'CANCELLED', false, 1, now()
     from generate_series(1, ${MORE_EVENTS}) number`,
  )
  await changeStored('bet_db', `update feed_position set fresh_at = now() - interval '21 seconds'`)

  const refusals: Record<string, unknown>[] = []
  const { promise: accepted, resolve } = Promise.withResolvers<Record<string, unknown>>()
  const dev = await startDev(async (betsUrl) => {
    for (;;) {
      const answer = await send('POST', `${betsUrl}/bet`, {
        event_id: 'm-2',
        bet_sum: '1.00',
      }).catch(() => undefined)
      if (answer?.status === 201) return resolve(answer.body)
      // There is no answer until the API listens.
      if (answer !== undefined) refusals.push(answer.body)
      await Bun.sleep(5)
    }
  })
  expect(await accepted).toMatchObject({ coefficient: '9.99', event_version: 2 })
  expect(refusals.length).toBeGreaterThan(0)
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['FEED_DOWN']))
  console.log(`${refusals.length} bets refused until the first feed sync`)
  expect(await dev.stop()).toBe(0)
})
