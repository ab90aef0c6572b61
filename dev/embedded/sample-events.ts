const WANTED_OPEN = 5
const MAX_TRIED = 1_000
const SAMPLES = [
  ['1.50', 2],
  ['2.35', 4],
  ['1.08', 8],
  ['3.70', 24],
  ['12.00', 72],
] as const

/**
 * Makes sure that there are a few open events to play with: m-1, m-2, … Those that still run get a fresh deadline,
 * those that have ended are left as they are.
 */
export async function putSampleEvents(lineProviderUrl: string): Promise<string[]> {
  const open: string[] = []
  for (let number = 1; open.length < WANTED_OPEN && number <= MAX_TRIED; number++) {
    const event_id = `m-${number}`
    const [coefficient, hours] = SAMPLES[open.length] as (typeof SAMPLES)[number]
    const known = await fetch(`${lineProviderUrl}/event/${event_id}`)
    if (known.ok && ((await known.json()) as { state: string }).state !== 'NEW') continue
    const response = await fetch(`${lineProviderUrl}/event`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        event_id,
        deadline: Math.floor(Date.now() / 1000) + hours * 3600,
        ...(known.ok ? {} : { coefficient }),
      }),
    })
    if (!response.ok) throw new Error(`PUT /event answered ${response.status}: ${await response.text()}`)
    open.push(event_id)
  }
  return open
}
