/**
 * Throws bets at an API, many at once, in a process of its own: a Bun process has 256 connections
 * unless told otherwise before it starts. Prints how many answers there were of each kind and the
 * longest. Usage: `BUN_CONFIG_MAX_HTTP_REQUESTS=… bun dev/e2e/flood.ts URL BETS AT_ONCE`
 */
const [url, bets, atOnce] = process.argv.slice(2)
const counts: Record<string, number> = {}
let sent = 0
let longestMs = 0

async function bettor(): Promise<void> {
  while (sent++ < Number(bets)) {
    const askedMs = performance.now()
    const response = await fetch(`${url}/bet`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"event_id":"m","bet_sum":"1.00"}',
    })
    const { code } = (await response.json()) as { code?: string }
    const name = `${response.status} ${code ?? ''}`.trim()
    counts[name] = (counts[name] ?? 0) + 1
    longestMs = Math.max(longestMs, performance.now() - askedMs)
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, bettor))
console.log(JSON.stringify({ counts, longestMs: Math.round(longestMs) }))

export {}
