import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { serveHttp } from '../src/http/http-server.ts'

const serve = (fetch: (request: Request) => Promise<Response>) =>
  serveHttp({ fetch, hostname: '127.0.0.1', port: 0 })

test('F20 stopping finishes requests in progress and accepts no new ones', async () => {
  const server = serve(async () => {
    await Bun.sleep(300)
    return new Response('done')
  })
  const underWay = fetch(server.url)
  await Bun.sleep(50)
  const stopped = server.stop()
  const answer = await underWay
  expect(await answer.text()).toBe('done')
  expect(answer.headers.get('connection')).toBe('close')
  await stopped
  await expect(fetch(server.url)).rejects.toThrow()
})

test('F20 a request whose body never arrives does not delay stopping', async () => {
  const server = serve(async (request) => new Response(await request.text()))
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\n{"half"')
  await Bun.sleep(100)
  const began = performance.now()
  await server.stop()
  expect(performance.now() - began).toBeLessThan(6_000)
  socket.destroy()
})

test('a port in use is reported in one line', () => {
  const server = serve(async () => new Response(''))
  const port = Number(new URL(server.url).port)
  expect(() => serveHttp({ fetch: () => new Response(''), hostname: '127.0.0.1', port })).toThrow(
    `Port ${port} is taken: stop what listens there or choose another.`,
  )
  return server.stop()
})

test('a host that is none of this machine is named', () => {
  const listen = (hostname: string) => () =>
    serveHttp({ fetch: () => new Response(''), hostname, port: 0 })
  expect(listen('256.1.1.1')).toThrow('or 256.1.1.1 is no address of this machine')
  expect(listen('203.0.113.5')).toThrow('Port 0 of 203.0.113.5 cannot be listened on')
})
