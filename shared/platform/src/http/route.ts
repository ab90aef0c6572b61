import { Elysia } from 'elysia'
import type { TSchema } from 'typebox'
import { type AccessOptions, ANONYMOUS, createAuthenticator } from './access.ts'
import { readFromWaitingClient } from './client-gone.ts'
import { readJsonBody } from './json-body.ts'
import { NoQuery, refuseAmbiguousQuery } from './validation.ts'

/** Who may call a route: everyone, or whoever has a token of a client or an operator. */
export type Access = 'open' | 'client' | 'operator'

/** A header that answers may carry beside their body; a `required` one always comes. */
export interface AnswerHeader {
  name: string
  schema: Readonly<Record<string, unknown>>
  description: string
  required?: boolean
}

type Schema = string | TSchema

/** Everything that a route says of itself. Schemas may be given by their `.model()` name. */
interface RouteSpec<Who extends Access, Code extends string> {
  access: Who
  operationId: string
  summary: string
  description?: string
  body?: Schema
  query: Schema
  params?: Schema
  headers?: Schema
  /** What it answers when it succeeds: models by status. */
  answers: Readonly<Record<number, string>>
  answerHeaders?: readonly AnswerHeader[]
  /** The problem codes that it can answer beside those of every route. */
  problems: readonly Code[]
}

/** What Elysia validates of a request. */
const VALIDATED = ['body', 'query', 'params', 'headers'] as const
type Validated = (typeof VALIDATED)[number]

/** Where a route's `detail` keeps what only its documentation needs. */
export const ROUTE_MARKS = 'x-route'
export type RouteMarks = Required<
  Pick<RouteSpec<Access, string>, 'answers' | 'answerHeaders' | 'problems'>
>
/** Where the guard notes in a route's `detail` whom it lets pass: without a guard there is none. */
export const ACCESS_MARK = 'x-access'

/**
 * What Elysia is told of a route. `response` exists for the compiler only: it types the handler's
 * answer. At run time it is left out, because Elysia would check every answer against its schema,
 * a good part of what HTTP costs a request.
 */
type RouteHook<Spec extends RouteSpec<Access, string>> = Pick<
  Spec,
  Extract<keyof Spec, Validated>
> & {
  access: Spec['access']
  // Elysia types a handler by its answer with 200 alone.
  response: Spec['answers'] & { 200: Spec['answers'][keyof Spec['answers']] }
}
/** Anything else, such as a parser of its own, would change what the guard does. */
type NothingElse<Spec> = Record<Exclude<keyof Spec, keyof RouteSpec<Access, string>>, never>

/**
 * Declares routes for an app with these callers and problem codes. A misspelled code, an unknown
 * model, and an answer of another type than the documented one do not compile.
 */
export function routesOf<Who extends Access, Code extends string>() {
  return <const Spec extends RouteSpec<Who, Code>>(
    spec: Spec & NothingElse<Spec>,
  ): RouteHook<Spec> => {
    const { access, answers, answerHeaders = [], problems } = spec
    const { operationId, summary, description } = spec
    const marks: RouteMarks = { answers, answerHeaders, problems }
    const detail = { operationId, summary, description, [ROUTE_MARKS]: marks }
    const schemas = VALIDATED.flatMap((part) => (spec[part] ? [[part, spec[part]]] : []))
    return { ...Object.fromEntries(schemas), access, detail }
  }
}

/** For pages and their files, which are for people: open to everyone and in no document. */
export const PAGE = {
  access: 'open',
  query: NoQuery,
  detail: { hide: true },
} as const

/** The hooks of guards: a route without one is not guarded, whatever it says. */
const guards = new WeakSet<object>()

interface Hooks {
  transform?: readonly { fn: object }[]
}

/** The routes of an app that do not say who may call them, so that no guard watches them. */
export function routesWithoutAccess(
  routes: readonly { method: string; path: string; hooks: Hooks }[],
): string[] {
  return routes
    .filter(({ hooks }) => !hooks.transform?.some(({ fn }) => guards.has(fn)))
    .map(({ method, path }) => `${method} ${path}`)
}

interface GuardedContext {
  request: Request
  set: { headers: Record<string, string | number> }
}

/** Before the guard has identified the caller, which is before any handler runs. */
const NOT_IDENTIFIED = undefined as unknown as string

/**
 * Gives routes the option `access` and their handlers the `caller`: the name of the token, or
 * `ANONYMOUS`. Whoever may not call a route learns nothing else of it: the check comes before
 * anything is read. Without `options` tokens are off.
 */
export function createGuard(options?: AccessOptions) {
  const authenticate = options && createAuthenticator(options)
  const identify = (who: Access, { request, set }: GuardedContext) => {
    if (who === 'open' || authenticate === undefined) return ANONYMOUS
    // For refusals, too, so before them: what one caller may see, no cache may show another.
    set.headers['cache-control'] = 'no-store'
    return authenticate(request)
  }

  return new Elysia({ name: 'guard' }).decorate({ caller: NOT_IDENTIFIED, requestId: '' }).macro({
    access: (who: Access) => {
      const transform = (context: GuardedContext & { caller: string }) => {
        context.caller ??= identify(who, context)
        refuseAmbiguousQuery(context.request.url)
      }
      guards.add(transform)
      return {
        detail: { [ACCESS_MARK]: who } as object,
        // The first hook of a request with a body: identifies before anything of it is read.
        async parse(context) {
          context.caller = identify(who, context)
          return readFromWaitingClient(context.request, readJsonBody)
        },
        transform,
      }
    },
  })
}
export type Guard = ReturnType<typeof createGuard>
