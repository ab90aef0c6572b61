import type { Day } from './day.ts'
import { UsageError } from './options.ts'

const WITHIN_MS = 15_000
const LOOK_EVERY_MS = 250

/**
 * Waits until both services answer, and makes sure that the tokens are good. Throws `UsageError`.
 */
export async function lookBefore(day: Day): Promise<void> {
  const { lineUrl, betsUrl, operatorToken, clientTokens } = day.options
  // Empty, it changes nothing; the token is looked at first.
  await expectLetIn(day, 'PUT', `${lineUrl}/event`, operatorToken, '--operator-token')
  for (const token of clientTokens)
    await expectLetIn(day, 'GET', `${betsUrl}/bets?limit=1`, token, '--client-token')
  day.tally.answers.clear()
}

async function expectLetIn(
  { wire }: Day,
  method: 'GET' | 'PUT',
  url: string,
  token: string | undefined,
  option: string,
): Promise<void> {
  const deadline = performance.now() + WITHIN_MS
  for (;;) {
    const { answer } = await wire.send(method, url, {
      token,
      ...(method === 'PUT' && { body: {} }),
    })
    if (answer?.status === 401)
      throw new UsageError(
        `${url} asks for a token: give ${token === undefined ? 'one' : 'a valid one'} by ${option}`,
      )
    if (answer !== undefined && answer.status < 500) return
    if (performance.now() > deadline) {
      const what = answer === undefined ? 'does not answer' : `answers ${answer.status}`
      throw new UsageError(`${url} ${what}: is it running?`)
    }
    await Bun.sleep(LOOK_EVERY_MS)
  }
}
