import { expect, test } from 'bun:test'
import { Type } from 'typebox'
import { unboundedIn } from '../../../dev/testing/unbounded.ts'
import { Changes } from '../src/feed.ts'
import { EventMessage, MAX_MESSAGE_BYTES } from '../src/messages.ts'
import { OpenEvents } from '../src/open-events.ts'

test('F51 every text and list of a message and of a page of the line is bounded', () => {
  for (const schema of [EventMessage, Changes, OpenEvents]) expect(unboundedIn(schema)).toEqual([])
})

test('F51 the check finds texts and lists of any length, however deep', () => {
  const text = Type.String({ pattern: '^[a-z]{1,8}$' })
  for (const any of [
    Type.String(),
    Type.String({ minLength: 1 }),
    Type.String({ pattern: '^[a-z]+$' }),
    Type.String({ pattern: '^[a-z]{1,}$' }),
    Type.String({ pattern: '[a-z]{1,8}' }),
    Type.Array(text),
  ])
    expect(unboundedIn(Type.Object({ at: Type.Union([Type.Null(), any]) }))).toHaveLength(1)
  expect(unboundedIn(Type.Array(text, { maxItems: 3 }))).toEqual([])
})

test('F51 the largest event fits a message, however its text is escaped', () => {
  // As `\\ud83c\\udfc6`, twelve bytes for each of 500 characters.
  const escaped = 500 * 12
  const rest = JSON.stringify({ event_id: 'x'.repeat(64), changed_at: 'x'.repeat(400) }).length
  expect(escaped + rest).toBeLessThan(MAX_MESSAGE_BYTES / 8)
})
