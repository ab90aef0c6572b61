import fc from 'fast-check'

/** JSON of any shape. */
type Json = ReturnType<typeof JSON.parse>

export interface AnyRequest {
  method: string
  path: string
  headers: Record<string, string>
  /** Text is sent unchanged. */
  body: unknown
}

/** How many documented values there are for each arbitrary one. */
const AS_DOCUMENTED = 6

/**
 * Random requests to one route, generated from the OpenAPI document: each part mostly as
 * documented, sometimes arbitrary. `known` are interesting values for parameters and fields by
 * name, which random values would never hit.
 */
export function anyRequest(
  document: Json,
  route: string,
  known: Record<string, readonly unknown[]>,
): fc.Arbitrary<AnyRequest> {
  const [method = '', template = ''] = route.split(' ')
  const operation = document.paths[template][method.toLowerCase()]
  const parametersIn = (place: string): Json[] =>
    (operation.parameters ?? []).filter((parameter: Json) => parameter.in === place)
  const valueFor = ({ name, schema }: Json) => value(document, schema, name, known)
  const textOf = (parameter: Json) =>
    mostly(valueFor(parameter).map(String), fc.string({ unit: 'grapheme', maxLength: 80 }))

  const path = fc
    .tuple(
      ...parametersIn('path').map((parameter) =>
        textOf(parameter).map((text) => [parameter.name, text]),
      ),
    )
    .map((values) =>
      values.reduce(
        (filled, [name, text]) => filled.replace(`{${name}}`, encodeURIComponent(text)),
        template,
      ),
    )
  const query = fc.record(
    Object.fromEntries(
      parametersIn('query').map((parameter) => [parameter.name, textOf(parameter)]),
    ),
    { requiredKeys: [] },
  )
  const headers = fc.record(
    Object.fromEntries(
      parametersIn('header').map((parameter) => [
        parameter.name,
        mostly(valueFor(parameter).map(String), fc.stringMatching(/^[\x20-\x7e]{0,300}$/)),
      ]),
    ),
    { requiredKeys: [] },
  )
  const body =
    operation.requestBody === undefined
      ? fc.constant(undefined)
      : mostly(
          value(document, operation.requestBody.content['application/json'].schema, '', known),
          fc.oneof(
            fc.jsonValue(),
            fc.string({ maxLength: 200 }),
            fc.object({ maxDepth: 2 }).map((any) => JSON.stringify(any) ?? ''),
          ),
        )
  return fc
    .record({
      path,
      query,
      more: mostly(fc.constant({}), fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 })),
      headers,
      body,
    })
    .map((parts) => {
      const search = new URLSearchParams({ ...parts.query, ...parts.more })
      return {
        method,
        path: search.size > 0 ? `${parts.path}?${search}` : parts.path,
        headers: parts.headers as Record<string, string>,
        body: parts.body,
      }
    })
}

const mostly = <T, U>(usual: fc.Arbitrary<T>, else_: fc.Arbitrary<U>): fc.Arbitrary<T | U> =>
  fc.oneof({ arbitrary: usual, weight: AS_DOCUMENTED }, { arbitrary: else_, weight: 1 })

/** Values of a schema. Throws for schema features that our documents do not use. */
function value(
  document: Json,
  schema: Json,
  name: string,
  known: Record<string, readonly unknown[]>,
): fc.Arbitrary<unknown> {
  const own = known[name]
  if (own !== undefined) return mostly(fc.constantFrom(...own), described(document, schema, known))
  return described(document, schema, known)
}

function described(
  document: Json,
  schema: Json,
  known: Record<string, readonly unknown[]>,
): fc.Arbitrary<unknown> {
  if (schema.$ref)
    return described(document, document.components.schemas[schema.$ref.split('/').pop()], known)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf)
    return fc.oneof(...schema.anyOf.map((choice: Json) => described(document, choice, known)))
  switch (schema.type) {
    case 'string':
      return schema.pattern
        ? fc.stringMatching(new RegExp(schema.pattern))
        : fc.string({
            minLength: schema.minLength ?? 0,
            maxLength: schema.maxLength ?? 600,
            unit: 'grapheme',
          })
    case 'integer':
      return fc.integer({
        min: schema.minimum ?? -(2 ** 31),
        max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 48),
      })
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e9, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'object': {
      const fields = Object.entries<Json>(schema.properties)
      return fc.record(
        Object.fromEntries(
          fields.map(([field, inner]) => [
            field,
            mostly(value(document, inner, field, known), fc.jsonValue()),
          ]),
        ),
        { requiredKeys: schema.required ?? [] },
      )
    }
  }
  throw new Error(`No values are known for ${JSON.stringify(schema)}`)
}
