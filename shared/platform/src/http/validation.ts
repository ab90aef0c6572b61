import { DomainError, InvalidValueError } from '@bets/domain/errors'
import type { ValidationError } from 'elysia'
import { type TSchema, Type } from 'typebox'
import { ValueErrorType } from 'typebox/errors'

/** One invalid part of a request. */
interface FieldError {
  /** A JSON Pointer into the request, like `/body/name`. */
  path: string
  message: string
}

/** The request is invalid, whatever the state of the system; the extras name each field. */
export class ValidationFailedError extends DomainError {
  override readonly code = 'VALIDATION_FAILED'
  override readonly extras: { errors: FieldError[] }
  constructor(errors: FieldError[]) {
    super('The request does not fit its schema.')
    this.extras = { errors }
  }
}

/** For routes without query parameters: any is refused. */
export const NoQuery = Type.Object({}, { additionalProperties: false })

const MAX_ERRORS_SHOWN = 16
/** Elysia's name for a part of the request, as the first step of our JSON Pointer. */
const PART: Record<string, string> = { params: 'path' }

/** Runs a value object's parser and turns its refusal into a validation error at `path`. */
export function parseAt<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error
    throw new ValidationFailedError([{ path, message: error.message }])
  }
}

/**
 * Refuses repeated and empty query parameters, which a schema cannot see: Elysia keeps the last of
 * several. Unknown ones are refused by the routes' schemas.
 */
export function refuseAmbiguousQuery(url: string): void {
  const start = url.indexOf('?')
  if (start === -1) return
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    const path = `/query/${pointerStep(name)}`
    if (seen.has(name)) errors.push({ path, message: 'must be given once' })
    else if (value === '') errors.push({ path, message: 'must not be empty' })
    seen.add(name)
  }
  if (errors.length > 0) throw new ValidationFailedError(errors.slice(0, MAX_ERRORS_SHOWN))
}

function pointerStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/**
 * Translates Elysia's validation error: paths and rules, never the value, which Elysia would show.
 */
export function fromElysia(error: ValidationError): ValidationFailedError {
  const part = PART[error.type] ?? error.type
  const byPath = new Map<string, FieldError>()
  // Elysia types `validator` for every schema library it supports; ours are always TypeBox's.
  const validator = error.validator as unknown as {
    Errors(
      value: unknown,
    ): Iterable<{ type: number; path: string; schema: TSchema; message: string }>
  }
  for (const found of validator.Errors(error.value)) {
    const path = `/${part}${found.path}`
    if (!byPath.has(path)) byPath.set(path, { path, message: describe(found) })
    if (byPath.size === MAX_ERRORS_SHOWN) break
  }
  return new ValidationFailedError([...byPath.values()])
}

function describe(error: { type: number; schema: TSchema; message: string }): string {
  switch (error.type) {
    case ValueErrorType.ObjectRequiredProperty:
      return 'is required'
    case ValueErrorType.ObjectAdditionalProperties:
      return 'is not known here'
    case ValueErrorType.StringPattern:
      return `must match ${error.schema.pattern}`
    case ValueErrorType.Union: {
      const choices = (error.schema.anyOf as TSchema[]).map((choice) => choice.const)
      return choices.includes(undefined)
        ? `must be: ${error.schema.description ?? 'of one of its types'}`
        : `must be one of ${choices.join(', ')}`
    }
    default:
      return error.message.replace(/^Expected/, 'must be').replace('to be ', '')
  }
}
