import { createHash, timingSafeEqual } from 'node:crypto'
import type { Env, NamedToken } from '../process/env.ts'

/** Who may use protected routes, and how often. */
export interface AccessOptions {
  /** A name may have several. */
  tokens: readonly NamedToken[]
  /**
   * How many requests a second one name may send to this process; it may save up those of one
   * second.
   */
  requestRateMax: number
}

/** Undefined when the setting with the tokens is not given. */
export function readAccess(env: Env, setting: string): AccessOptions | undefined {
  const requestRateMax = env.integer('REQUEST_RATE_MAX', 5_000, 1, 1_000_000)
  const tokens = env.tokens(setting)
  return tokens && { tokens, requestRateMax }
}

/**
 * The mark of a route that needs a token, for its `detail`: the documentation shows what the check
 * goes by.
 */
export const needsToken = { security: [{ token: [] }] }

/** Whose requests they are while tokens are off. */
const ANONYMOUS = ''

/** A protected route was asked for without a token, or with an unknown one (`given`). */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError'
  /** What `WWW-Authenticate` says (RFC 6750, section 3). */
  readonly challenge: string
  constructor(given: boolean) {
    super(given ? 'The token is not valid here.' : 'Send a token as "Authorization: Bearer …".')
    this.challenge = given ? 'Bearer realm="bets", error="invalid_token"' : 'Bearer realm="bets"'
  }
}

/** The name of the token has sent more requests than it may. */
export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError'
}

const BEARER = /^Bearer +([\x21-\x7E]+)$/i
const callers = new WeakMap<Request, string>()

/**
 * The name of the token that a request to a protected route came with; `''` while tokens are off.
 */
export function callerOf(request: Request): string {
  return callers.get(request) ?? ANONYMOUS
}

/**
 * Answers the check for requests to protected routes. It throws `UnauthorizedError` or
 * `RateLimitedError`, and counts a request once however often it is asked about it.
 */
export function createGate({ tokens, requestRateMax }: AccessOptions): (request: Request) => void {
  const known = tokens.map(({ name, token }) => ({ name, digest: digestOf(token) }))
  const rates = new Map(tokens.map(({ name }) => [name, new Allowance(requestRateMax)]))
  return (request) => {
    if (callers.has(request)) return
    const [, given] = BEARER.exec(request.headers.get('authorization') ?? '') ?? []
    const name = given === undefined ? undefined : nameOf(known, digestOf(given))
    if (name === undefined) throw new UnauthorizedError(request.headers.has('authorization'))
    if (!rates.get(name)?.take()) throw new RateLimitedError()
    callers.set(request, name)
  }
}

/**
 * Digests have one length, so that nothing can be learned from how long a comparison takes, not
 * even the token's length.
 */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Compares with every token, also after one has fitted. */
function nameOf(
  known: readonly { name: string; digest: Buffer }[],
  digest: Buffer,
): string | undefined {
  let found: string | undefined
  for (const { name, digest: one } of known) if (timingSafeEqual(one, digest)) found = name
  return found
}

/** So many a second, evenly; what was not used of the second before may be used at once. */
class Allowance {
  #left: number
  #atMs = performance.now()

  constructor(private readonly perSecond: number) {
    this.#left = perSecond
  }

  take(): boolean {
    const nowMs = performance.now()
    this.#left = Math.min(
      this.perSecond,
      this.#left + ((nowMs - this.#atMs) * this.perSecond) / 1_000,
    )
    this.#atMs = nowMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
