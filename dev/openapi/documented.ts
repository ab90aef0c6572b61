import { expect } from 'bun:test'
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import type { App } from '../testing/app.ts'

/** JSON of any shape. */
type Json = ReturnType<typeof JSON.parse>

interface Documentation {
  document: Json
  /** By reference into the document, `#/components/schemas/Bet`. */
  validators: Map<string, ValidateFunction>
  ajv: Ajv2020
}

const documentations = new WeakMap<App, Promise<Documentation>>()
/** Pages and their files, which are for people and not documented. */
const PAGES = /^\/(\?|$|docs|openapi\.json|board\/)/
/** Statuses that any route may answer without documenting them. */
const EVERYWHERE = new Set(['NOT_FOUND', 'METHOD_NOT_ALLOWED'])
/** Headers that clients act on: answers must have exactly the documented ones. */
const MEANINGFUL = ['Location', 'Link', 'Idempotent-Replayed', 'Retry-After', 'WWW-Authenticate']

/** Expects an answer to match the app's OpenAPI document: status, type, headers and all fields. */
export async function expectDocumented(
  app: App,
  method: string,
  path: string,
  answer: Response,
): Promise<void> {
  if (PAGES.test(path)) return
  const documentation = await documentationOf(app)
  const text = await answer.clone().text()
  const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
  const body: Json = text !== '' && type.endsWith('json') ? JSON.parse(text) : text
  if (EVERYWHERE.has(body.code))
    return expectValid(documentation, { $ref: '#/components/schemas/Problem' }, body)

  const operation = operationOf(documentation.document, method, path)
  // An unknown path or a wrong method; HEAD does not show the problem document.
  if (method === 'HEAD' && operation === undefined && [404, 405].includes(answer.status)) return
  const what = `${method} ${path} ${answer.status}`
  expect(operation, `${what} is a route of the document`).toBeDefined()
  const documented = operation.responses[answer.status]
  expect(documented, `${what} is in the document`).toBeDefined()
  for (const name of MEANINGFUL) {
    const named = documented.headers?.[name]
    if (answer.headers.has(name)) expect(named, `${what}: ${name} is in the document`).toBeDefined()
    else expect(named?.required ?? false, `${what}: ${name} is promised`).toBe(false)
  }
  if (method === 'HEAD') return
  const content = documented.content[type]
  expect(content, `${what} as ${type} is in the document`).toBeDefined()
  if (body.code !== undefined) expect(Object.keys(content.examples), what).toContain(body.code)
  expectValid(documentation, content.schema, body)
}

function documentationOf(app: App): Promise<Documentation> {
  const known = documentations.get(app)
  if (known !== undefined) return known
  const read = async () => {
    const document: Json = await (
      await app.handle(new Request('http://localhost/docs/json'))
    ).json()
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats(ajv)
    ajv.addSchema({ ...document, $id: 'document' })
    return { document, ajv, validators: new Map() }
  }
  const documentation = read()
  documentations.set(app, documentation)
  return documentation
}

function expectValid({ ajv, validators }: Documentation, schema: Json, body: unknown): void {
  const key = JSON.stringify(schema)
  let validate = validators.get(key)
  if (validate === undefined) {
    validate = ajv.compile(JSON.parse(key.replaceAll('"#/', '"document#/')))
    validators.set(key, validate)
  }
  validate(body)
  expect(validate.errors ?? [], JSON.stringify(body)).toEqual([])
}

function operationOf(document: Json, method: string, path: string): Json {
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
  const [pathname = ''] = path.split('?')
  const template = Object.keys(document.paths)
    .filter((one) => new RegExp(`^${one.replace(/\{[^}]*\}/g, '[^/]+')}$`).test(pathname))
    // `/events/changes` before a path with a parameter that would match too.
    .sort((one, other) => Number(one.includes('{')) - Number(other.includes('{')))[0]
  return template === undefined ? undefined : document.paths[template][verb]
}
