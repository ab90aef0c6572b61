/** Plain JSON of any shape: a schema is data here. */
type Json = ReturnType<typeof JSON.parse>

/** A pattern for the whole text without a repetition that has no end. */
const BOUNDED_PATTERN = /^\^(?!.*[^\\](?:[*+]|\{\d+,\})).*\$$/

/**
 * The places in a schema, of TypeBox or of a document with its references, where a text, a list or
 * an object with arbitrary fields may have any length.
 */
export function unboundedIn(schema: Json, document: Json = {}, path = ''): string[] {
  if (schema === null || typeof schema !== 'object') return []
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').pop()
    return unboundedIn(document.components.schemas[name], document, `${path}/${name}`)
  }
  const found = isUnbounded(schema) ? [path] : []
  for (const [key, inner] of Object.entries(schema))
    if (!NOT_SCHEMAS.has(key)) found.push(...unboundedIn(inner, document, `${path}/${key}`))
  return found
}

/** Keywords whose values are no schemas. */
const NOT_SCHEMAS = new Set(['examples', 'example', 'default', 'enum', 'const', 'required'])

function isUnbounded({ type, maxLength, pattern, maxItems, ...schema }: Json): boolean {
  if (type === 'array') return maxItems === undefined
  if (type !== 'string' || schema.const !== undefined || schema.enum !== undefined) return false
  return maxLength === undefined && !BOUNDED_PATTERN.test(pattern ?? '')
}
