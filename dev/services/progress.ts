const INTERVAL_MS = 5_000

/** Prints every few seconds how long the work has taken and what it is doing. */
export async function withProgress<T>(work: Promise<T>, doing: () => string): Promise<T> {
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.log(`  ${seconds} s: ${doing()} …`)
  }, INTERVAL_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}
