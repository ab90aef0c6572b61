import { Type } from 'typebox'
import type { AnswerHeader } from './route.ts'

/**
 * The `limit` of a list: 1 to 1000. Validated as text, because Elysia's numbers also accept `0x10`,
 * `1e3` and ` 5 `; documented as an integer.
 */
export function LimitParam(fallback: number) {
  return Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]{0,2}|1000)$',
      description: `How many at most; ${fallback} when not given.`,
      'x-shown-as': { type: 'integer', minimum: 1, maximum: 1000, default: fallback },
    }),
  )
}

/** A position in a list, opaque to clients. */
export function CursorParam(description: string) {
  return Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }))
}

/** The query of a list that takes `limit` and `cursor` only. */
export function pageQuery(defaultLimit: number) {
  return Type.Object(
    {
      limit: LimitParam(defaultLimit),
      cursor: CursorParam('From the Link header of the page before.'),
    },
    { additionalProperties: false },
  )
}

/** The documentation of `nextPageLink`'s header. */
export const LINK: AnswerHeader = {
  name: 'Link',
  schema: { type: 'string' },
  description: 'The next page, `rel="next"`; absent on the last one.',
}

/**
 * The `Link` header to the next page of the list at `path` (RFC 8288): relative, with the request's
 * other parameters.
 */
export function nextPageLink(path: string, requestUrl: string, cursor: string): string {
  const { searchParams } = new URL(requestUrl)
  searchParams.set('cursor', cursor)
  return `<${path}?${searchParams}>; rel="next"`
}
