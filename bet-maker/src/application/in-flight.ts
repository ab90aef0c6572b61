/** Shares reads in flight: callers that want the same at the same time get one result. */
export function shareInFlight<Result>() {
  const inFlight = new Map<string, Promise<Result>>()
  return (key: string, read: () => Promise<Result>): Promise<Result> => {
    const reading = inFlight.get(key)
    if (reading !== undefined) return reading
    const started = read().finally(() => inFlight.delete(key))
    inFlight.set(key, started)
    return started
  }
}
