import { expect } from 'bun:test'

/** Expects exactly these mismatches of the account of `consistentDay`, by how each begins. */
export function expectFound(mismatches: readonly string[], expected: readonly string[]): void {
  for (const [index, text] of expected.entries())
    expect(mismatches[index]).toStartWith(`account sim-1.0 of client 1 ${text}`)
  expect(mismatches).toHaveLength(expected.length)
}
