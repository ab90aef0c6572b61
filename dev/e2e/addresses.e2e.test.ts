import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { ROOT } from '../test-run.ts'
import { TcpProxy } from '../testing/tcp-proxy.ts'
import { startCommand } from './command.ts'
import { System } from './system.ts'

/** The broker and the databases are there already. */
const READY_MS = 15_000

const folder = mkdtempSync(`${tmpdir()}/bets-addresses-`)
const system = new System()
const proxies: TcpProxy[] = []
afterAll(async () => {
  await system.stop()
  await Promise.all(proxies.map((proxy) => proxy.close()))
  rmSync(folder, { recursive: true, force: true })
})

/** The URL of a server for tests through the IPv6 address of this machine. */
async function overIpv6(url: string): Promise<string> {
  const proxy = await new TcpProxy(url, '::1').open()
  proxies.push(proxy)
  return proxy.url
}

test('F61 all addresses may be IPv6, and a proxy for the outside world is not used', async () => {
  await system.create({
    LINE_PROVIDER_HOST: '::',
    BET_MAKER_HOST: '::',
    HTTP_PROXY: 'http://127.0.0.1:1',
    no_proxy: 'example.com',
  })
  for (const setting of ['LINE_DATABASE_URL', 'BET_DATABASE_URL', 'BROKER_URL'])
    system.env[setting] = await overIpv6(system.env[setting] as string)
  expect(system.env.LINE_DATABASE_URL).toContain('@[::1]:')
  await system.launch()
  await Promise.all(system.processes.map((process) => process.waitReady(READY_MS)))
  await system.open('six')
  const bet = await system.bet('six')
  await system.change({ event_id: 'six', state: 'FINISHED_WIN' })
  await system.becomes(bet, { state: 'WIN' })
  await system.atRest()

  for (const { url, logs } of system.processes) {
    const shown = `http://[::1]:${new URL(url).port}`
    expect(logs.join('\n')).toContain(`"url":"${shown}"`)
    expect((await fetch(`${shown}/health/live`)).status).toBe(200)
  }
})

test('F61 make works in a folder with a space and a quote in its path', async () => {
  const checkout = `${folder}/it's my checkout`
  const bin = `${checkout}/.bun/node_modules/.bin`
  mkdirSync(bin, { recursive: true })
  for (const name of readdirSync(ROOT))
    if (!name.startsWith('.')) symlinkSync(`${ROOT}/${name}`, `${checkout}/${name}`)
  symlinkSync(process.execPath, `${bin}/bun`)
  // As if both had been installed: without a Bun on the PATH, make takes its own.
  const [bun, dependencies] = [`.bun/node_modules/.ready-${Bun.version}`, 'node_modules/.ready']
  const make = ['make', '-C', checkout, '-o', bun, '-o', dependencies]
  const settings = { PATH: '/usr/bin:/bin', LINE_PROVIDER_PORT: 'none' }
  const { output } = await startCommand([...make, 'dev'], settings).done
  expect(output).toContain('Setting LINE_PROVIDER_PORT must be a whole number')
})
