/** Observes statements. Must not throw. */
export interface StatementWatch {
  /** A statement was submitted. It may have to wait for a connection. */
  began(): void
  /** It ended after `seconds`, including the wait; `error` is set if it failed. */
  ended(seconds: number, error?: unknown): void
}

const watches = new Set<StatementWatch>()

/**
 * Observes all statements of this process until the returned function is called. Where several
 * services share a process (`bun run dev`), each sees the statements of all, because a statement
 * does not know its pool.
 */
export function watchStatements(watch: StatementWatch): () => void {
  watches.add(watch)
  return () => void watches.delete(watch)
}

/** Reports the start of a statement. `statementEnded` must follow once for each. */
export function statementBegan(): void {
  for (const watch of watches) watch.began()
}

/** Reports the end of a statement, with `error` if it failed. */
export function statementEnded(seconds: number, error?: unknown): void {
  for (const watch of watches) watch.ended(seconds, error)
}
