import { describe, expect, test } from 'bun:test'
import { createConnection } from 'node:net'
import { CLIENT_GONE_STATUS } from '@bets/platform/http/client-gone'
import type { BodySuite } from './body-suite.ts'
import { serveDuringTests } from './http.ts'
import { head, sendRaw } from './raw-http.ts'

/**
 * Tests of requests that the HTTP server answers, or gives up, while the app still works on them:
 * B16 and B17 of faults.md, and F26. None may write anything: its client was told that it failed.
 */
export function testCutOffs({ deps, method, path, fitting }: BodySuite): void {
  const body = JSON.stringify(fitting)
  const withLength = `${head(
    method,
    path,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  )}${body}`
  const chunkedHead = head(
    method,
    path,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  )
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`

  /** What the app answered, whether or not anybody received it. */
  const answers: Promise<Response>[] = []
  const fetch = (request: Request) => {
    const answer = Promise.resolve(deps().app.fetch(request))
    answers.push(answer)
    return answer
  }
  const url = serveDuringTests(() => ({ ...deps().app, fetch }))

  /** Expects that the app sees in time that nobody waits, and writes nothing. */
  async function cutOff(send: () => Promise<unknown>): Promise<void> {
    const before = await deps().contents()
    answers.length = 0
    await send()
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses).toEqual([CLIENT_GONE_STATUS])
    expect(await deps().contents()).toBe(before)
  }

  const badTails: [name: string, bytes: string][] = [
    ['a line break behind a body', `${withLength}\r\n`],
    ['a chunked body with a trailer', `${chunkedHead}${chunk}0\r\nX-Sum: abc\r\n\r\n`],
    ['a chunk without a length behind a body', `${chunkedHead}${chunk}zz\r\n`],
  ]
  const pipelined: [name: string, bytes: string][] = [
    ['three times the same', withLength.repeat(3)],
    ['a GET behind it', withLength + head('GET', '/health/live')],
  ]
  const hungUp: [name: string, bytes: string][] = [
    ['with a length', withLength.slice(0, -5)],
    ['chunked', chunkedHead + chunk.slice(0, -5)],
    ['chunked, before the last chunk', chunkedHead + chunk],
  ]

  describe(`${method} ${path}`, () => {
    for (const [name, bytes] of badTails)
      test(`B16 ${name} is 400, and nothing is written`, () =>
        cutOff(async () =>
          expect(await sendRaw(url(), bytes)).toMatchObject([{ status: 400, body: '' }]),
        ))

    for (const [name, bytes] of pipelined)
      test(`B17 pipelined requests (${name}) are closed unanswered, and nothing is written`, () =>
        cutOff(async () => expect(await sendRaw(url(), bytes)).toEqual([])))

    for (const [name, bytes] of hungUp)
      for (const how of ['destroy', 'resetAndDestroy'] as const)
        test(`F26 hanging up in the middle of a body (${name}, ${how}) writes nothing`, () =>
          cutOff(async () => {
            const { hostname, port } = new URL(url())
            const socket = createConnection({ host: hostname, port: Number(port) })
            await new Promise<void>((sent) => socket.write(bytes, () => sent()))
            while (answers.length === 0) await Bun.sleep(1)
            socket[how]()
          }))
  })
}
