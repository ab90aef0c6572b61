import { swagger } from '@elysiajs/swagger'
import { type AnyElysia, Elysia } from 'elysia'
import type { HttpProblemCode, ProblemTable } from './problem.ts'
import { ACCESS_MARK, type AnswerHeader, ROUTE_MARKS, type RouteMarks } from './route.ts'

/** Plain JSON of any shape: the document is data here, nothing is known of it to the compiler. */
type Json = ReturnType<typeof JSON.parse>

/** What a document says of its API as a whole. */
export interface ApiInfo {
  title: string
  version: string
  description: string
  /** The groups of its routes, in the order in which `/docs` shows them. */
  tags: readonly { name: string; description: string }[]
  /** What a token is for; without it the document mentions no tokens. */
  token?: string
  /** Status and title of each code that the routes name. */
  problems: ProblemTable
}

const RETRY_AFTER: AnswerHeader = {
  name: 'Retry-After',
  required: true,
  schema: { type: 'integer' },
  description: 'Seconds to wait.',
}
const WWW_AUTHENTICATE: AnswerHeader = {
  name: 'WWW-Authenticate',
  required: true,
  schema: { type: 'string' },
  description: 'As RFC 6750 says.',
}

const EVERY_ROUTE: HttpProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL']
const EVERY_WITHOUT_TOKENS: HttpProblemCode[] = ['HOST_NOT_ALLOWED']
const EVERY_PROTECTED: HttpProblemCode[] = ['UNAUTHORIZED', 'RATE_LIMITED']
const EVERY_BODY: HttpProblemCode[] = ['MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/**
 * The OpenAPI 3.1 document of an app: what @elysiajs/swagger gathers, made valid and true. Left to
 * itself it says 3.0.3 with keywords of 3.1, names body types that the routes refuse, and leaves
 * out descriptions and errors.
 */
export async function openApiDocument(app: AnyElysia, info: ApiInfo): Promise<Json> {
  const { title, version, description, tags } = info
  const collector = new Elysia().use(app).use(
    swagger({
      path: '/collect',
      // It takes every path with a dot for one; real files are hidden by their routes.
      excludeStaticFile: false,
      documentation: { openapi: '3.1.0', info: { title, version, description }, tags } as object,
    }),
  )
  const response = await collector.handle(new Request('http://localhost/collect/json'))
  const document: Json = rewriteSchemas(await response.json())
  for (const operations of Object.values<Json>(document.paths))
    for (const operation of Object.values<Json>(operations)) {
      completeOperation(operation, document.components.schemas, info)
    }
  document.components.schemas = withoutUnused(document)
  if (info.token !== undefined)
    document.components.securitySchemes = {
      token: { type: 'http', scheme: 'bearer', description: info.token },
    }
  return document
}

function completeOperation(operation: Json, schemas: Json, info: ApiInfo): void {
  const marks: RouteMarks | undefined = operation[ROUTE_MARKS]
  if (marks === undefined)
    fail(`A route is not declared by routesOf: ${operation.operationId ?? operation.summary}.`)
  const access = operation[ACCESS_MARK]
  delete operation[ROUTE_MARKS]
  delete operation[ACCESS_MARK]
  const codes: string[] = [...marks.problems, ...EVERY_ROUTE]
  operation.responses = answersOf(marks, schemas)
  if (info.token === undefined) codes.push(...EVERY_WITHOUT_TOKENS)
  else if (access !== 'open') {
    operation.security = [{ token: [] }]
    codes.push(...EVERY_PROTECTED)
  }
  if (operation.requestBody) {
    codes.push(...EVERY_BODY)
    operation.requestBody.content = onlyJson(operation.requestBody.content)
  }
  for (const parameter of operation.parameters ?? []) {
    // The collector lifts `examples` out of the schema, where it is a list; beside it, it would be
    // a map.
    if (parameter.examples) parameter.example = parameter.examples[0]
    delete parameter.examples
  }
  for (const code of codes) addProblem(operation.responses, code, info.problems)
  for (const [status, answer] of Object.entries<Json>(operation.responses))
    if (status === '429' || status === '503') answer.headers = headersOf([RETRY_AFTER])
    else if (status === '401') answer.headers = headersOf([WWW_AUTHENTICATE])
}

/** The collector knows of no answers, because Elysia is told of none; see `routesOf`. */
function answersOf({ answers, answerHeaders }: RouteMarks, schemas: Json): Json {
  const answerOf = (model: string) => ({
    description: schemas[model].description,
    headers: headersOf(answerHeaders),
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${model}` } } },
  })
  return Object.fromEntries(
    Object.entries(answers).map(([status, model]) => [status, answerOf(model)]),
  )
}

function headersOf(headers: readonly AnswerHeader[]): Json {
  return Object.fromEntries(headers.map(({ name, ...header }) => [name, header]))
}

function fail(message: string): never {
  throw new Error(message)
}

function onlyJson(content: Json): Json {
  return content && { 'application/json': content['application/json'] }
}

function addProblem(responses: Json, code: string, problems: ProblemTable): void {
  const [status, title] = problems[code] ?? fail(`No problem has the code ${code}.`)
  responses[status] ??= { description: '', content: {} }
  const answer = responses[status]
  answer.description += `${answer.description && '; '}${code}: ${title}`
  answer.content['application/problem+json'] ??= {
    schema: { $ref: '#/components/schemas/Problem' },
    examples: {},
  }
  answer.content['application/problem+json'].examples[code] = {
    value: { type: 'about:blank', title, status, detail: title, code },
  }
}

/**
 * Literals become enumerations, what a parameter is shown as takes its place, marks of TypeBox go.
 */
function rewriteSchemas(node: Json): Json {
  if (Array.isArray(node)) return node.map(rewriteSchemas)
  if (node === null || typeof node !== 'object') return node
  const { $id, 'x-shown-as': shownAs, ...rest } = node
  const copy: Json = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, rewriteSchemas(value)]),
  )
  if (shownAs) {
    delete copy.pattern
    return { ...copy, ...shownAs }
  }
  const choices: Json[] = copy.anyOf ?? []
  if (choices.length > 1 && choices.every((choice) => choice.const !== undefined)) {
    const { anyOf, ...others } = copy
    const types = [...new Set(choices.map((choice) => choice.type))]
    const type = types.length === 1 ? types[0] : types
    return { ...others, type, enum: choices.map((choice) => choice.const) }
  }
  return copy
}

/** The collector lists every model of the app, those that only validation uses too. */
function withoutUnused(document: Json): Json {
  const text = JSON.stringify(document)
  return Object.fromEntries(
    Object.entries(document.components.schemas).filter(([name]) =>
      text.includes(`"#/components/schemas/${name}"`),
    ),
  )
}
