import type { LineEvent } from '@bets/domain/line-event'

const WANTED_OPEN = 5
const MAX_TRIED = 1_000
const MAX_ATTEMPTS = 100
const RETRY_MS = 100
/** Events that close sooner than this get a new deadline. */
const FRESH_S = 3_600
const SAMPLES = [
  ['1.50', 2],
  ['2.35', 4],
  ['1.08', 8],
  ['3.70', 24],
  ['12.00', 72],
] as const

/**
 * Ensures a few open events to try things with: m-1, m-2, … Events about to close get a new
 * deadline. Ended and suspended events and manual changes are left alone. `token` is an operator's
 * token, if one is needed.
 */
export async function putSampleEvents(
  lineProviderUrl: string,
  token: string | undefined,
): Promise<string[]> {
  const open: string[] = []
  for (let number = 1; open.length < WANTED_OPEN && number <= MAX_TRIED; number++) {
    const event_id = `m-${number}`
    const [coefficient, hours] = SAMPLES[open.length] as (typeof SAMPLES)[number]
    const answer = await ask(`${lineProviderUrl}/event/${event_id}`)
    const known = answer.ok ? ((await answer.json()) as LineEvent) : undefined
    if (known !== undefined && (known.state !== 'NEW' || known.suspended)) continue
    const nowS = Math.floor(Date.now() / 1000)
    if (known === undefined || known.deadline < nowS + FRESH_S) {
      const deadline = nowS + hours * 3600
      await put(
        lineProviderUrl,
        token,
        known ? { event_id, deadline } : { event_id, deadline, coefficient },
      )
    }
    open.push(event_id)
  }
  return open
}

async function put(
  lineProviderUrl: string,
  token: string | undefined,
  event: object,
): Promise<void> {
  await ask(`${lineProviderUrl}/event`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(event),
  })
}

/**
 * The answer if it is fine or 404; anything else is an error. Asks again while the database is
 * busy, as it may be just after its start.
 */
async function ask(url: string, request?: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(url, request)
    if (answer.ok || answer.status === 404) return answer
    if (answer.status !== 503 || attempt === MAX_ATTEMPTS)
      throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
    await Bun.sleep(RETRY_MS)
  }
}
