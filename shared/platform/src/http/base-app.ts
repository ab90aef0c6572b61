import type { Log } from '@bets/domain/log'
import { Elysia } from 'elysia'
import { type AccessOptions, createGate } from './access.ts'
import { createCors } from './cors.ts'
import { errorResponse } from './error-handler.ts'
import { readJsonBody } from './json-body.ts'
import { problemResponse } from './problem.ts'
import { REQUEST_ID, requestIdOf } from './request-id.ts'
import { refuseAmbiguousQuery } from './validation.ts'

/** What differs between the apps. */
export interface BaseAppOptions {
  log: Log
  /** Who may use the routes marked with `needsToken`; everyone, when not given. */
  access?: AccessOptions | undefined
  /** Sites whose pages may call the app from browsers; none, when not given. */
  corsOrigins?: readonly string[]
}

/**
 * What every app starts from: tokens, strict bodies and queries, problem documents, 405 with
 * `Allow`, HEAD as GET, request ids. Hooks apply only to routes registered later, so controllers
 * are used on what this returns.
 */
export function createBaseApp({ log, access, corsOrigins = [] }: BaseAppOptions) {
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
  })
  const allowedMethods = methodsByPath(app)
  const isProtected = protectedRoutes(app)
  const gate = access && createGate(access)
  const cors = corsOrigins.length > 0 ? createCors(corsOrigins) : undefined
  /**
   * Before anything is read of a request: the first hook that runs, which is another one where
   * there is a body.
   */
  const checkAccess = (request: Request, route: string) => {
    if (gate !== undefined && isProtected(request.method, route)) gate(request)
  }
  return (
    app
      // What was not read of a refused body Bun throws away as it comes. Closing the connection
      // instead cost clients the answer: of 30 that sent 200 KB in chunks, 10 saw a broken pipe and
      // no 413.
      .onError(({ error, path, set }) => {
        const isUnrouted = (error as { code?: string }).code === 'NOT_FOUND'
        if (isUnrouted) return unroutedResponse(allowedMethods(path))
        return errorResponse(error, log, { request_id: set.headers[REQUEST_ID] })
      })
      .onRequest(({ request, set }) => {
        // A malformed Host header; the server answers other malformed heads in the same way.
        if (!URL.canParse(request.url)) return new Response(null, { status: 400 })
        const requestId = requestIdOf(request)
        set.headers[REQUEST_ID] = requestId
        if (cors !== undefined) {
          const preflight = cors.preflight(request, allowedMethods(new URL(request.url).pathname))
          if (preflight !== undefined) return preflight
          Object.assign(set.headers, cors.headersFor(request))
        }
        if (request.method === 'HEAD') return answerHead(app, request, requestId)
      })
      .onParse(({ request, route }) => {
        checkAccess(request, route)
        return readJsonBody(request)
      })
      .onTransform(({ request, route }) => {
        checkAccess(request, route)
        refuseAmbiguousQuery(request.url)
      })
  )
}

function unroutedResponse(allowed: readonly string[]): Response {
  if (allowed.length === 0) return problemResponse('NOT_FOUND', 'See /docs for the paths.')
  const allow = allowed.join(', ')
  return problemResponse('METHOD_NOT_ALLOWED', `This path takes ${allow}.`, {}, { allow })
}

/** HEAD is answered like GET, without the body and with its length. */
async function answerHead(app: Elysia, request: Request, requestId: string): Promise<Response> {
  const { url } = request
  const headers = new Headers(request.headers)
  headers.set(REQUEST_ID, requestId)
  const response = await app.handle(new Request(url, { method: 'GET', headers }))
  const body = await response.arrayBuffer()
  const head = new Response(null, response)
  head.headers.set('content-length', String(body.byteLength))
  return head
}

/** Looks up the methods that a path takes, from the routes as they stand at the first question. */
function methodsByPath(app: Elysia): (path: string) => string[] {
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

/**
 * Looks up whether a route needs a token, from the marks of the routes as they stand at the first
 * question.
 */
function protectedRoutes(app: Elysia): (method: string, route: string) => boolean {
  let marked: Set<string> | undefined
  return (method, route) => {
    marked ??= new Set(
      app.routes.flatMap(({ method, path, hooks }) =>
        hooks?.detail?.security ? [`${method} ${path}`] : [],
      ),
    )
    return marked.has(`${method} ${route}`)
  }
}
