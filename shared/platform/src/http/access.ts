import { createHash, timingSafeEqual } from 'node:crypto'
import type { Env, NamedToken } from '../process/env.ts'
import { SAMPLE_SECRETS } from '../process/sample-secrets.ts'

/** Who may call protected routes, and how often. */
export interface AccessOptions {
  /** A name may have several. */
  tokens: readonly NamedToken[]
  /**
   * Requests per second that this process takes from one name; a second's worth may be saved up.
   */
  requestRateMax: number
}

/**
 * The tokens in a setting; undefined when it is not given. Warns when anyone who can reach the
 * service can do what needs a token: without tokens, or with a public one on a `host` that other
 * machines reach.
 */
export function readAccess(
  env: Env,
  setting: string,
  { host, danger }: { host: string; danger: string },
): AccessOptions | undefined {
  const requestRateMax = env.integer('REQUEST_RATE_MAX', 5_000, 1, 1_000_000)
  const tokens = env.tokens(setting)
  const who = `anyone who can reach this service can ${danger}`
  if (tokens === undefined) env.warnings.push(`${setting} is not set: ${who}`)
  else if (!LOOPBACK.test(host) && tokens.some(isSample))
    env.warnings.push(`${setting} has a sample token, which is public: ${who}`)
  return tokens && { tokens, requestRateMax }
}

/**
 * Whether everybody may do what needs a token, if they can reach the service: tokens are off, or
 * one of them is public.
 */
export function isOpenToAll(access: AccessOptions | undefined): boolean {
  return access === undefined || access.tokens.some(isSample)
}

const isSample = ({ token }: NamedToken) => SAMPLE_SECRETS.has(token)

/** Hosts to listen on that only this machine can connect to. */
const LOOPBACK = /^(?:127\.|localhost$|\[?::1\]?$)/

/** Who calls while tokens are off, and who calls an open route. */
export const ANONYMOUS = ''

/** A protected route was called without a token, or with an unknown one (`given`). */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError'
  /** The value of `WWW-Authenticate` (RFC 6750, section 3). */
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

/**
 * Identifies the caller of a protected route: answers the name of the request's token and counts
 * the request. Throws `UnauthorizedError` or `RateLimitedError`.
 */
export function createAuthenticator({ tokens, requestRateMax }: AccessOptions) {
  const known = tokens.map(({ name, token }) => ({ name, digest: digestOf(token) }))
  const allowances = new Map(tokens.map(({ name }) => [name, new Allowance(requestRateMax)]))
  return ({ headers }: Request): string => {
    const [, given] = BEARER.exec(headers.get('authorization') ?? '') ?? []
    const name = given === undefined ? undefined : nameOf(known, digestOf(given))
    if (name === undefined) throw new UnauthorizedError(headers.has('authorization'))
    if (!allowances.get(name)?.take()) throw new RateLimitedError()
    return name
  }
}

/** Digests have one length, so how long a comparison takes does not even tell a token's length. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Compares with every token, even after a match: timing tells nothing. */
function nameOf(
  known: readonly { name: string; digest: Buffer }[],
  given: Buffer,
): string | undefined {
  let found: string | undefined
  for (const { name, digest } of known) if (timingSafeEqual(digest, given)) found = name
  return found
}

/** A token bucket that holds one second's worth of requests. */
class Allowance {
  #left: number
  #atMs = performance.now()

  constructor(private readonly perSecond: number) {
    this.#left = perSecond
  }

  take(): boolean {
    const nowMs = performance.now()
    const earned = ((nowMs - this.#atMs) * this.perSecond) / 1_000
    this.#left = Math.min(this.perSecond, this.#left + earned)
    this.#atMs = nowMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
