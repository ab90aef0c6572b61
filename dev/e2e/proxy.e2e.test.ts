import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createConnection } from 'node:net'
import { type PrivateNginx, startPrivateNginx } from '../services/private-nginx.ts'
import { ANSWER, head, sendRaw } from '../testing/raw-http.ts'
import { systemDuringTests } from './system.ts'

/** The proxy of `deploy/nginx` in front of real processes, and the same requests without it. */
const system = systemDuringTests()
let proxy: PrivateNginx

beforeAll(async () => {
  proxy = await startPrivateNginx(system)
  await system.open('x-1')
}, 180_000)
afterAll(() => proxy?.remove())

const BET_HEAD = 'POST /bet HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
const BET = `${BET_HEAD}Content-Length: 35\r\n\r\n{"event_id":"x-1","bet_sum":"8.88"}`
const TRAILER = [
  `${BET_HEAD}Transfer-Encoding: chunked\r\n\r\n`,
  '23\r\n{"event_id":"x-1","bet_sum":"8.88"}\r\n',
  '0\r\nX-Sum: abc\r\n\r\n',
].join('')
const LAST = head('GET', '/health/live', 'Connection: close')

const stored = async () => (await system.betSql`select id from bets`).length

/** The statuses of the answers to a request, and how many bets it placed. */
async function statusesAndBets(send: () => Promise<{ status: number }[]>) {
  const before = await stored()
  const statuses = (await send()).map(({ status }) => status)
  return { statuses, bets: (await stored()) - before }
}

test.each([
  ['B16 a line break behind a body', `${BET}\r\n`, [400], [201]],
  ['B16 a chunked body with a trailer', TRAILER, [400], [201]],
  ['B17 three pipelined bets', BET.repeat(3), [], [201, 201, 201]],
])('%s: the answers fit what was done', async (_, bytes, alone, behindProxy) => {
  expect(await statusesAndBets(() => sendRaw(system.betsUrl, bytes))).toEqual({
    statuses: alone,
    bets: 0,
  })
  expect(await statusesAndBets(() => sendRaw(proxy.betsUrl, bytes, ANSWER, LAST))).toEqual({
    statuses: [...behindProxy, 200],
    bets: behindProxy.length,
  })
})

/** Sends bytes and closes this side of the connection at once; returns all that comes back. */
function sendAndHalfClose(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = createConnection({ host: hostname, port: Number(port) })
  socket.end(bytes)
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

test('B18 a client that half-closes its connection is answered behind the proxy', async () => {
  const before = await stored()
  expect(await sendAndHalfClose(proxy.betsUrl, BET)).toStartWith('HTTP/1.1 201')
  expect(await stored()).toBe(before + 1)
  expect(await sendAndHalfClose(proxy.lineUrl, head('GET', '/events'))).toStartWith('HTTP/1.1 200')
})

test('B20 unknown methods are 501 behind the proxy and take no replica out', async () => {
  for (const url of [proxy.betsUrl, proxy.lineUrl])
    for (let round = 0; round < 10; round++) {
      const [answer] = await sendRaw(url, head('FOO', '/events', 'Connection: close'))
      expect(answer?.status).toBe(501)
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
    }
  expect((await system.place('x-1', undefined, proxy.betsUrl)).status).toBe(201)
  expect((await fetch(`${proxy.betsUrl}/bet`, { method: 'DELETE' })).status).toBe(405)
})

test('B19 B21 B22 odd heads lead nowhere behind the proxy either', async () => {
  for (const url of [proxy.betsUrl, proxy.lineUrl]) {
    const twoHosts = 'GET /events HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n'
    expect(await sendRaw(url, twoHosts)).toMatchObject([{ status: 400 }])
    for (const path of [
      '/.\\metrics',
      '/x\\..\\metrics',
      '/%2e/metrics',
      '/metrics',
      '//metrics',
    ]) {
      const [answer] = await sendRaw(url, head('GET', path, 'Connection: close'))
      expect(answer?.status, path).toBeOneOf([400, 404])
      expect(answer?.body, path).not.toContain('# TYPE')
    }
    const [answer] = await sendRaw(url, head('GET', '/x\\..\\events', 'Connection: close'))
    expect(answer?.status).toBe(400)
  }
})
