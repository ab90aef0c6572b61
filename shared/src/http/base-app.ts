import { Elysia } from 'elysia'
import type { Log } from '../runtime/log.ts'
import { errorResponse } from './error-handler.ts'
import { readJsonBody } from './json-body.ts'
import { problemResponse } from './problem.ts'
import { refuseAmbiguousQuery } from './validation.ts'

/**
 * What every app starts from: strict bodies and queries, problem documents, 405 with `Allow`, HEAD as GET.
 * Hooks apply only to routes registered later, so controllers are used on what this returns.
 */
export function createBaseApp(log: Log) {
  const app = new Elysia({
    strictPath: true,
    // Unknown fields are refused, not dropped in silence.
    normalize: false,
    // A route that cannot be compiled fails at start instead of ending the process at its first request.
    precompile: true,
    // Left to itself, Elysia looks for the path behind the eleventh character, and so misreads hosts like `app`.
    handler: { standardHostname: false },
  })
  const allowedMethods = methodsByPath(app)
  return app
    .onError(({ error, path }) => {
      if ((error as { code?: string }).code !== 'NOT_FOUND') return errorResponse(error, log)
      const allowed = allowedMethods(path)
      if (allowed.length === 0) return problemResponse('NOT_FOUND', 'See /docs for the paths.')
      const allow = allowed.join(', ')
      return problemResponse('METHOD_NOT_ALLOWED', `This path takes ${allow}.`, {}, { allow })
    })
    .onRequest(({ request }) => {
      // A malformed Host header; the server answers other malformed heads in the same way.
      if (!URL.canParse(request.url)) return new Response(null, { status: 400 })
      if (request.method === 'HEAD') return answerHead(app, request)
    })
    .onParse(({ request }) => readJsonBody(request))
    .onTransform(({ request }) => refuseAmbiguousQuery(request.url))
}

/** HEAD is answered like GET, without the body and with its length. */
async function answerHead(app: Elysia, request: Request): Promise<Response> {
  const { url, headers } = request
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
