/** Looks at statements from outside; must not throw. */
export interface StatementWatch {
  /** A statement is asked for; it may have to wait for a connection. */
  began(): void
  /** It ended after so many seconds, waiting included; with its error when it failed. */
  ended(seconds: number, error?: unknown): void
}

const watches = new Set<StatementWatch>()

/**
 * Watches every statement of this process until the function that it returns is called. Where
 * several services run in one process (`bun run dev`), each sees those of all: a statement does not
 * say which pool it is of.
 */
export function watchStatements(watch: StatementWatch): () => void {
  watches.add(watch)
  return () => void watches.delete(watch)
}

/** To be called by whoever runs statements; `statementEnded` follows once for each. */
export function statementBegan(): void {
  for (const watch of watches) watch.began()
}

/** After so many seconds; with the error when it failed. */
export function statementEnded(seconds: number, error?: unknown): void {
  for (const watch of watches) watch.ended(seconds, error)
}
