import { BodyTooLargeError, readBounded } from '../process/read-bounded.ts'

/**
 * The largest body in bytes. Bun's own limit is far above it, so clients get a problem document.
 */
export const MAX_BODY_BYTES = 64 * 1024

/**
 * How deep a body may be nested; no route needs more than 2. Elysia describes a refused value with
 * indentation that grows with the square of its depth: 30,000 levels in 60 KB blocked the process
 * for 9 s.
 */
const MAX_DEPTH = 16

const JSON_TYPE = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?[ \t]*$/i
// `ignoreBOM` keeps a byte order mark in the text, where JSON.parse refuses it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The content type is not JSON, or the body has a content encoding. */
export class UnsupportedMediaTypeError extends Error {
  override readonly name = 'UnsupportedMediaTypeError'
}

/** Not UTF-8, not JSON, or nested too deeply; the message says which. */
export class MalformedBodyError extends Error {
  override readonly name = 'MalformedBodyError'
}

/**
 * Reads a JSON body strictly: `application/json` (optionally UTF-8), no content encoding, at most
 * 64 KiB counted as it arrives, valid UTF-8 without a byte order mark, valid JSON, bounded nesting.
 * Elysia's own parser recognises a type by one letter, takes an unknown type for "no body", and
 * silently decodes invalid UTF-8.
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  if (
    request.headers.has('content-encoding') ||
    !JSON_TYPE.test(request.headers.get('content-type') ?? '')
  )
    throw new UnsupportedMediaTypeError()
  const body = parseJson(await readBody(request))
  if (!isNestedWithin(MAX_DEPTH, body))
    throw new MalformedBodyError('The body is nested too deeply.')
  if (hasUnprintable(body))
    throw new MalformedBodyError('A value of the body has a field called "toString".')
  return body
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes))
  } catch (cause) {
    throw new MalformedBodyError('The body is not valid JSON in UTF-8.', { cause })
  }
}

function isNestedWithin(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isNestedWithin(levels - 1, inner))
}

/**
 * Whether a value inside an object or a list cannot be written as text. Elysia writes what it
 * refuses into its error, and where that fails the answer is 500.
 */
function hasUnprintable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return Object.values(body).some(
    (inner) =>
      typeof inner === 'object' &&
      inner !== null &&
      (Object.hasOwn(inner, 'toString') || hasUnprintable(inner)),
  )
}

async function readBody(request: Request): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null) {
    // The server delivers exactly the declared length, so one read is bounded by it.
    if (Number(declared) > MAX_BODY_BYTES) throw new BodyTooLargeError()
    return request.bytes()
  }
  return readBounded(request.body, MAX_BODY_BYTES)
}
