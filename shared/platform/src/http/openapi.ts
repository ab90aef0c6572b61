import { swagger } from '@elysiajs/swagger'
import { type AnyElysia, Elysia } from 'elysia'
import { PROBLEMS, type ProblemCode } from './problem.ts'

/** Plain JSON of any shape: the document is data here, nothing is known of it to the compiler. */
type Json = ReturnType<typeof JSON.parse>

/** What a document says of its API as a whole. */
export interface ApiInfo {
  title: string
  version: string
  description: string
  /** The groups of its routes, in the order in which `/docs` shows them. */
  tags: readonly { name: string; description: string }[]
  /** What a token is for, where routes need one; without it the document says nothing of tokens. */
  token?: string
}

/**
 * The problem codes that a route can answer beyond those that every route can; shown in its
 * documentation.
 */
export const problems = (...codes: ProblemCode[]) => ({ 'x-problems': codes })

/**
 * What a route answers when it succeeds, as models by status; shown in its documentation. Not
 * Elysia's `response`, which also checks every answer against its schema, a good part of what HTTP
 * costs a bet. Types and tests do that.
 */
export const answers = (models: Record<number, string>, headers: AnswerHeader[] = []) => ({
  'x-answers': models,
  'x-answer-headers': headers,
})

/** What answers may carry beside their body; those that come always are required. */
const HEADERS = {
  Link: {
    schema: { type: 'string' },
    description: 'The next page, `rel="next"`; absent on the last one.',
  },
  Location: { required: true, schema: { type: 'string' }, description: 'Where the bet is shown.' },
  'Idempotent-Replayed': {
    schema: { type: 'string', enum: ['true'] },
    description: 'The bet was taken before.',
  },
  'Retry-After': { required: true, schema: { type: 'integer' }, description: 'Seconds to wait.' },
  'WWW-Authenticate': {
    required: true,
    schema: { type: 'string' },
    description: 'As RFC 6750 says.',
  },
}
type AnswerHeader = keyof typeof HEADERS

/** For a route that answers 200 with plain text; shown in its documentation. */
export const textAnswer = (description: string) => ({ 'x-text-answer': description })

const EVERY_ROUTE: ProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL']
const EVERY_PROTECTED: ProblemCode[] = ['UNAUTHORIZED', 'RATE_LIMITED']
const EVERY_BODY: ProblemCode[] = ['MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

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
      if (info.token === undefined) delete operation.security
      completeOperation(operation, document.components.schemas)
    }
  document.components.schemas = withoutUnused(document)
  if (info.token !== undefined)
    document.components.securitySchemes = {
      token: { type: 'http', scheme: 'bearer', description: info.token },
    }
  return document
}

function completeOperation(operation: Json, schemas: Json): void {
  const codes: ProblemCode[] = [...(operation['x-problems'] ?? []), ...EVERY_ROUTE]
  delete operation['x-problems']
  addAnswers(operation, schemas)
  if (operation.security) codes.push(...EVERY_PROTECTED)
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
  for (const [status, answer] of Object.entries<Json>(operation.responses))
    operation.responses[status] = {
      ...answer,
      description: answer.description ?? 'As the schema says.',
      content: onlyJson(answer.content),
    }
  addTextAnswer(operation)
  for (const code of codes) addProblem(operation.responses, code)
  for (const [status, answer] of Object.entries<Json>(operation.responses))
    if (status === '429' || status === '503') answer.headers = headersNamed(['Retry-After'])
    else if (status === '401') answer.headers = headersNamed(['WWW-Authenticate'])
}

function addAnswers(operation: Json, schemas: Json): void {
  const { 'x-answers': models, 'x-answer-headers': headers } = operation
  delete operation['x-answers']
  delete operation['x-answer-headers']
  if (models === undefined) return
  // The collector knows of no answer then, and makes one up.
  operation.responses = {}
  for (const [status, model] of Object.entries<string>(models))
    operation.responses[status] = {
      description: schemas[model].description,
      headers: headersNamed(headers),
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${model}` } } },
    }
}

function addTextAnswer(operation: Json): void {
  const { 'x-text-answer': description } = operation
  delete operation['x-text-answer']
  if (description === undefined) return
  operation.responses = {
    200: { description, content: { 'text/plain': { schema: { type: 'string' } } } },
  }
}

function headersNamed(names: AnswerHeader[]): Json {
  return Object.fromEntries(names.map((name) => [name, HEADERS[name]]))
}

function onlyJson(content: Json): Json {
  return content && { 'application/json': content['application/json'] }
}

function addProblem(responses: Json, code: ProblemCode): void {
  const [status, title] = PROBLEMS[code]
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
  if (choices.length > 1 && choices.every((choice) => typeof choice.const === 'string')) {
    const { anyOf, ...others } = copy
    return { ...others, type: 'string', enum: choices.map((choice) => choice.const) }
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
