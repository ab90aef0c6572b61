/**
 * Floods an API with concurrent bets. It is a separate process because Bun's limit of 256
 * connections can only be changed before a process starts. Prints the number of answers of each
 * kind and the slowest. Usage:
 * `BUN_CONFIG_MAX_HTTP_REQUESTS=… bun dev/traffic/flood.ts URL BETS AT_ONCE`
 */
import { type Answered, noted, summarise } from './answered.ts'
import { request } from './client.ts'

const [url, bets, atOnce] = process.argv.slice(2)
const answers: Answered[] = []
const body = { event_id: 'm', bet_sum: '1.00' }
let sent = 0

async function bettor(): Promise<void> {
  while (sent++ < Number(bets))
    await noted(answers, [201], () => request('POST', `${url}/bet`, { body }))
}

await Promise.all(Array.from({ length: Number(atOnce) }, bettor))
console.log(JSON.stringify(summarise(answers)))
