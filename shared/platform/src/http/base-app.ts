import type { Log } from '@bets/domain/log'
import { Elysia, NotFoundError } from 'elysia'
import { createHostCheck } from './allowed-hosts.ts'
import { type CorsOptions, createCors } from './cors.ts'
import { errorResponse } from './error-handler.ts'
import { HTTP_PROBLEMS, type ProblemTable, problemResponse } from './problem.ts'
import { REQUEST_ID, requestIdOf } from './request-id.ts'

/** What differs between the apps. */
export interface BaseAppOptions {
  log: Log
  /** Status and title of the codes that the app's own errors have. */
  problems: ProblemTable
  /** Without it, or without origins, pages of other sites may not call the app. */
  cors?: CorsOptions
  /**
   * Host names that requests may name beside addresses and `localhost`; undefined: any. For an app
   * whose tokens are off or public.
   */
  allowedHosts?: readonly string[] | undefined
}

/**
 * What every app starts from: problem documents, 405 with `Allow`, HEAD as GET, request ids. Hooks
 * apply only to routes registered later, so controllers are used on what this returns; each has the
 * guard of `createGuard`, which adds access, strict bodies and strict queries.
 */
export function createBaseApp({ log, problems, cors: corsOptions, allowedHosts }: BaseAppOptions) {
  const app = new Elysia({
    strictPath: true,
    // Unknown fields are refused, not dropped in silence.
    normalize: false,
    // A route that cannot be compiled fails at start instead of ending the process at its first
    // request.
    precompile: true,
    // Left to itself, Elysia looks for the path behind the eleventh character, and so misreads
    // hosts like `app`.
    handler: { standardHostname: false },
  }).decorate({ requestId: '' })
  const allowedMethods = methodsByPath(app)
  const isAllowed = allowedHosts && createHostCheck(allowedHosts)
  const cors = corsOptions?.origins.length ? createCors(corsOptions) : undefined
  return (
    app
      // Bun discards the rest of a refused body as it arrives. Closing the connection instead cost
      // clients the answer: of 30 that sent 200 KB in chunks, 10 saw a broken pipe and no 413.
      .onError(({ error, path, requestId }) => {
        if (error instanceof NotFoundError) return unroutedResponse(allowedMethods(path))
        return errorResponse(error, { problems, log, requestId })
      })
      .onRequest((context) => {
        const { request, set } = context
        // A malformed Host header; the server answers other malformed heads in the same way.
        if (!URL.canParse(request.url)) return new Response(null, { status: 400 })
        context.requestId = requestIdOf(request)
        set.headers[REQUEST_ID] = context.requestId
        if (isAllowed?.(request.url) === false) return foreignHostResponse()
        if (cors !== undefined) {
          const preflight = cors.preflight(request, allowedMethods(new URL(request.url).pathname))
          if (preflight !== undefined) return preflight
          Object.assign(set.headers, cors.headersFor(request))
        }
        if (request.method === 'HEAD') return answerHead(app, request, context.requestId)
      })
  )
}

function foreignHostResponse(): Response {
  return problemResponse(HTTP_PROBLEMS, 'HOST_NOT_ALLOWED', {
    detail: 'Use an address or localhost, or add the name to the setting ALLOWED_HOSTS.',
  })
}

function unroutedResponse(allowed: readonly string[]): Response {
  if (allowed.length === 0)
    return problemResponse(HTTP_PROBLEMS, 'NOT_FOUND', { detail: 'See /docs for the paths.' })
  const allow = allowed.join(', ')
  return problemResponse(HTTP_PROBLEMS, 'METHOD_NOT_ALLOWED', {
    detail: `This path supports ${allow}.`,
    headers: { allow },
  })
}

/** What `answerHead` and `methodsByPath` use of an app. */
interface RoutedApp {
  handle(request: Request): Promise<Response>
  readonly routes: readonly { path: string; method: string }[]
}

/** HEAD is answered like GET, without the body and with its length. */
async function answerHead(app: RoutedApp, request: Request, requestId: string): Promise<Response> {
  const { url } = request
  const headers = new Headers(request.headers)
  headers.set(REQUEST_ID, requestId)
  const response = await app.handle(new Request(url, { method: 'GET', headers }))
  const head = new Response(null, response)
  if (!head.headers.has('content-length'))
    head.headers.set('content-length', String((await response.arrayBuffer()).byteLength))
  return head
}

/**
 * Looks up the methods that a path supports, from the routes as they stand at the first question.
 */
function methodsByPath(app: RoutedApp): (path: string) => string[] {
  let table: { pattern: RegExp; method: string }[] | undefined
  return (path) => {
    table ??= app.routes.map(({ path, method }) => ({
      pattern: new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+').replaceAll('.', '\\.')}$`),
      method,
    }))
    const methods = table.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    return methods.includes('GET') ? ['HEAD', ...methods] : methods
  }
}
