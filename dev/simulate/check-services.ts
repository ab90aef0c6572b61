import type { Day } from './day.ts'
import { UsageError } from './options.ts'

const WITHIN_MS = 15_000
const RETRY_EVERY_MS = 250

/** Waits until both services answer and checks the tokens. Throws `UsageError`. */
export async function checkServices(day: Day): Promise<void> {
  const { lineUrl, betsUrl, operatorToken, clientTokens } = day.options
  // The token is checked first, and the empty body is refused, so nothing changes.
  await expectAccess(day, 'PUT', `${lineUrl}/event`, operatorToken, '--operator-token')
  for (const token of clientTokens)
    await expectAccess(day, 'GET', `${betsUrl}/bets?limit=1`, token, '--client-token')
  day.tally.answers.clear()
}

async function expectAccess(
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
        `${url} requires ${token === undefined ? 'a token' : 'a valid token'}: use ${option}`,
      )
    if (answer !== undefined && answer.status < 500) return
    if (performance.now() > deadline) {
      const what = answer === undefined ? 'does not answer' : `answers ${answer.status}`
      throw new UsageError(`${url} ${what}: is it running?`)
    }
    await Bun.sleep(RETRY_EVERY_MS)
  }
}
