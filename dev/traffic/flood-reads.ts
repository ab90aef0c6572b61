/**
 * Floods line-provider's open reads over many connections, with pages of every length, so that no
 * two need be the same read. It is a separate process because Bun's limit of 256 connections can
 * only be changed before a process starts. Prints the number of answers by status. Usage:
 * `BUN_CONFIG_MAX_HTTP_REQUESTS=… bun dev/traffic/flood-reads.ts URL AT_ONCE SECONDS`
 */
const [url, atOnce, seconds] = process.argv.slice(2)
const untilMs = performance.now() + Number(seconds) * 1_000
const counts: Record<string, number> = {}

const anyPath = () => {
  const limit = 1 + Math.floor(Math.random() * 1_000)
  return Math.random() < 0.5 ? `/events?limit=${limit}` : `/events/changes?limit=${limit}`
}

async function reader(): Promise<void> {
  while (performance.now() < untilMs) {
    const answer = await fetch(url + anyPath()).then(
      async (response) => {
        await response.arrayBuffer()
        return response.status
      },
      () => 'no answer',
    )
    counts[answer] = (counts[answer] ?? 0) + 1
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, reader))
console.log(JSON.stringify(counts))

export {}
