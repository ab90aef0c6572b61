import { createConnection } from 'node:net'

const TIME_LIMIT_MS = 5_000

/** An answer as it came over the wire. Header names in lower case. */
export interface RawAnswer {
  status: number
  headers: Map<string, string>
  body: string
}

/** A piece of `sendRaw` that waits for an answer to the previous piece. */
export const ANSWER = Symbol('an answer')

/**
 * Sends pieces unchanged over one connection, where `fetch` would correct them, and returns all
 * answers until the server closes it. The last request must have `Connection: close`.
 */
export async function sendRaw(
  url: string,
  ...pieces: (string | Uint8Array | typeof ANSWER)[]
): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(url)
  const received = await new Promise<string>((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) })
    let text = ''
    let onData = () => {}
    socket.setEncoding('latin1')
    socket.setTimeout(TIME_LIMIT_MS, () =>
      socket.destroy(new Error(`no end of the answer: ${text}`)),
    )
    socket.on('data', (chunk) => {
      text += chunk
      onData()
    })
    socket.on('error', (error: Error & { code?: string }) => {
      // A server that answers without reading the whole body resets the connection.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(text)
      else reject(error)
    })
    socket.on('close', () => resolve(text))
    socket.on('connect', async () => {
      for (const piece of pieces) {
        const answered = Promise.withResolvers<void>()
        onData = answered.resolve
        if (piece === ANSWER) await answered.promise
        else await new Promise<void>((sent) => socket.write(piece, () => sent()))
      }
    })
  })
  return parseAnswers(received)
}

/**
 * Splits a response stream into answers by their lengths. An answer to HEAD has a length, but no
 * body.
 */
function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = new Map(lines.map((line) => splitHeader(line)))
    rest = rest.slice(end + 4)
    const hasNoBody = rest === '' || rest.startsWith('HTTP/1.1 ')
    const length = hasNoBody ? 0 : Number(headers.get('content-length') ?? 0)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
    answers.push({ status, headers, body: rest.slice(0, length) })
    rest = rest.slice(length)
  }
  return answers
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

/** A raw answer as a `Response`, for the same expectations. */
export function toResponse({ status, headers, body }: RawAnswer): Response {
  return new Response(body, { status, headers: Object.fromEntries(headers) })
}

/** The head of a request, with the empty line. */
export function head(method: string, path: string, ...headers: string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** A body in chunked transfer coding, in pieces of `size` bytes. */
export function* chunked(body: string, size: number): Generator<string> {
  for (let start = 0; start < body.length; start += size) {
    const piece = body.slice(start, start + size)
    yield `${piece.length.toString(16)}\r\n${piece}\r\n`
  }
  yield '0\r\n\r\n'
}
