import { describe, expect, test } from 'bun:test'
import type { App } from './app.ts'
import { json, send } from './http.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'
import { unboundedIn } from './unbounded.ts'

/** Plain JSON of any shape: the document is data here. */
type Json = ReturnType<typeof JSON.parse>

export interface DocsSuite {
  /** The app, available once the tests run. */
  deps(): { app: App }
  title: string
  /** Each route (`GET /event/{event_id}`) with its problem codes, without those of every route. */
  routes: Record<string, ProblemCode[]>
}

// Of an app without tokens.
const EVERY_ROUTE: ProblemCode[] = ['VALIDATION_FAILED', 'INTERNAL', 'HOST_NOT_ALLOWED']
const EVERY_BODY: ProblemCode[] = ['MALFORMED_BODY', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/**
 * Tests of `/docs` for every app: it uses its own files only, and its document covers all routes.
 */
export function testDocs({ deps, title, routes }: DocsSuite): void {
  const get = (path: string) => send(deps().app, 'GET', path)
  const read = async (): Promise<Json> => json(await get('/docs/json'))

  describe('/docs', () => {
    test(`is a page with the title ${title} that refers only to this server`, async () => {
      const response = await get('/docs')
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toStartWith('text/html')
      const page = await response.text()
      expect(page).toContain(`<title>${title}</title>`)
      expect(page).not.toMatch(/https?:|["'(]\/\/|@import|<script>[^<]/)
      const references = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(
        ([, path]) => path as string,
      )
      expect(references.length).toBeGreaterThanOrEqual(3)
      for (const path of references) expect(path).toMatch(/^docs\/[^/]/)
    })

    test('serves every file that the page refers to, with its type', async () => {
      const page = await (await get('/docs')).text()
      const types: Record<string, string> = {
        css: 'text/css',
        js: 'text/javascript',
        png: 'image/png',
      }
      for (const [, path] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
        const response = await get(`/${path}`)
        expect(response.status).toBe(200)
        expect(response.headers.get('content-type')).toStartWith(
          types[(path as string).split('.').pop() ?? ''] as string,
        )
        expect((await response.bytes()).length).toBeGreaterThan(100)
      }
    })

    test("starts Swagger UI with this server's document and no public validator", async () => {
      const start = await (await get('/docs/start.js')).text()
      expect(start).not.toMatch(/https?:/)
      const options: Json[] = []
      const run = new Function('window', 'location', 'SwaggerUIBundle', start)
      run({}, { href: 'http://localhost/docs' }, (given: Json) => options.push(given))
      expect(options).toEqual([expect.objectContaining({ url: 'docs/json', validatorUrl: null })])
    })

    test('lets browsers load only from here, run no inline script, use no frame', async () => {
      const { headers } = await get('/docs')
      const policy = new Map(
        (headers.get('content-security-policy') ?? '').split('; ').map((rule) => {
          const [name = '', ...values] = rule.split(' ')
          return [name, values.join(' ')]
        }),
      )
      expect(policy.get('default-src')).toBe("'none'")
      expect(policy.get('script-src')).toBe("'self'")
      expect(policy.get('frame-ancestors')).toBe("'none'")
      expect([...policy.values()].join(' ')).not.toMatch(/https?:|\*|unsafe-eval/)
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      for (const path of [
        '/docs',
        '/docs/start.js',
        '/docs/swagger-ui.css',
        '/docs/swagger-ui-bundle.js',
      ])
        expect((await get(path)).headers.get('x-content-type-options')).toBe('nosniff')
    })

    test('its style sheet loads nothing from elsewhere', async () => {
      const css = await (await get('/docs/swagger-ui.css')).text()
      expect(css).not.toMatch(/@import|url\(\s*["']?(https?:)?\/\//)
    })
  })

  describe('/docs/json', () => {
    test('is OpenAPI 3.1 with the title, and an id and a summary for every route', async () => {
      const document = await read()
      expect(document.openapi).toMatch(/^3\.1\.\d$/)
      expect(document.info).toMatchObject({
        title,
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      })
      const found = operationsOf(document)
      expect(Object.keys(found).sort()).toEqual(Object.keys(routes).sort())
      for (const [route, operation] of Object.entries(found))
        expect(operation.summary, route).toMatch(/^[A-Z].{5,}[^.]$/)
      const ids = Object.values(found).map(({ operationId }) => operationId)
      expect(new Set(ids).size).toBe(ids.length)
    })

    test('is at /openapi.json, too', async () => {
      const [one, other] = await Promise.all([get('/docs/json'), get('/openapi.json')])
      expect(other.status).toBe(200)
      expect(other.headers.get('content-type')).toBe('application/json')
      expect(await other.text()).toBe(await one.text())
    })

    test('F51 bounds every text and every list that a request may carry', async () => {
      const document = await read()
      for (const [route, operation] of Object.entries(operationsOf(document))) {
        const body = operation.requestBody?.content['application/json'].schema ?? {}
        const parameters = operation.parameters?.map(({ schema }: Json) => schema) ?? []
        expect(unboundedIn([body, parameters], document), route).toEqual([])
      }
    })

    test('names no missing schema, no keyword of 3.0 and no other document', async () => {
      const document = await read()
      const text = JSON.stringify(document)
      for (const [, ref] of text.matchAll(/"\$ref":"([^"]*)"/g)) {
        expect(ref).toStartWith('#/components/schemas/')
        expect(document.components.schemas).toHaveProperty(
          (ref as string).split('/').pop() as string,
        )
      }
      expect(text).not.toMatch(/"nullable"|"\$id"|x-problems|x-shown-as/)
    })

    for (const [route, codes] of Object.entries(routes))
      test(`${route} shows exactly the problems that it can answer, by status`, async () => {
        const operation = operationsOf(await read())[route]
        const expected = [...codes, ...EVERY_ROUTE, ...(operation.requestBody ? EVERY_BODY : [])]
        const shown: string[] = []
        for (const [status, answer] of Object.entries<Json>(operation.responses)) {
          expect(answer.description).not.toBe('')
          const examples = answer.content['application/problem+json']?.examples ?? {}
          for (const [code, { value }] of Object.entries<Json>(examples)) {
            expect(String(PROBLEMS[code as ProblemCode][0])).toBe(status)
            expect(value).toMatchObject({ type: 'about:blank', status: Number(status), code })
            shown.push(code)
          }
          if (Number(status) === 503) expect(answer.headers).toHaveProperty('Retry-After')
        }
        expect(shown.sort()).toEqual(expected.sort())
      })

    for (const route of Object.keys(routes))
      test(`${route} has an example of its body and of every parameter that it needs`, async () => {
        const document = await read()
        const operation = operationsOf(document)[route]
        if (operation.requestBody) {
          expect(Object.keys(operation.requestBody.content)).toEqual(['application/json'])
          expect(bodyExamples(document, operation).length).toBeGreaterThan(0)
        }
        for (const parameter of operation.parameters ?? [])
          if (parameter.required) expect(parameter.example, parameter.name).toBeDefined()
      })
  })
}

/** Sends every example of a route, and the values that Swagger UI fills in; returns the answers. */
export async function sendExamples(app: App, route: string): Promise<Response[]> {
  const document: Json = await json(await send(app, 'GET', '/docs/json'))
  const operation = operationsOf(document)[route]
  const [method, template] = route.split(' ') as [string, string]
  const query = new URLSearchParams()
  const headers: Record<string, string> = {}
  let path = template
  for (const { in: place, name, example, schema } of operation.parameters ?? []) {
    const value = example ?? schema.default
    if (value === undefined) continue
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value))
    if (place === 'query') query.set(name, value)
    if (place === 'header') headers[name] = value
  }
  const address = query.size > 0 ? `${path}?${query}` : path
  const bodies = operation.requestBody ? bodyExamples(document, operation) : [undefined]
  return Promise.all(bodies.map((body) => send(app, method, address, body, headers)))
}

function operationsOf(document: Json): Record<string, Json> {
  return Object.fromEntries(
    Object.entries<Json>(document.paths).flatMap(([path, operations]) =>
      Object.entries<Json>(operations).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    ),
  )
}

function bodyExamples(document: Json, operation: Json): unknown[] {
  const { schema, example } = operation.requestBody.content['application/json']
  const { examples = [] } = document.components.schemas[schema.$ref.split('/').pop()]
  return example === undefined ? examples : [example]
}
