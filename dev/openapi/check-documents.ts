import { createApp as createBetApp } from '@bets/bet-maker/src/app.ts'
import { createApp as createLineApp } from '@bets/line-provider/src/app.ts'
import { createLog } from '@bets/platform/process/log'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { App } from '../testing/app.ts'

/**
 * Checks both OpenAPI documents, with and without tokens, against the specification with a
 * third-party validator. Prints errors and exits with 1 if there are any.
 */
const nobody = () => Promise.reject(new Error('This app only serves its document.'))
const log = createLog('check', 'silent')
const access = { tokens: [{ name: 'someone', token: 'something' }], requestRateMax: 1 }

let wrong = 0
for (const base of [
  { log, checkReadiness: nobody },
  { log, checkReadiness: nobody, access },
]) {
  const line = { putEvent: nobody, getEvent: nobody, listOpenEvents: nobody, listChanges: nobody }
  const bets = {
    placeBet: nobody,
    getBet: nobody,
    listBets: nobody,
    makeTransfer: nobody,
    getAccount: nobody,
    listAccounts: nobody,
    listEntries: nobody,
    listOpenEvents: nobody,
    readBoard: nobody,
  }
  for (const app of [
    createLineApp({ ...base, useCases: line }),
    createBetApp({ ...base, useCases: bets }),
  ])
    wrong += await complaints(app)
}
process.exit(wrong > 0 ? 1 : 0)

async function complaints(app: App): Promise<number> {
  const document: ReturnType<typeof JSON.parse> = await (
    await app.handle(new Request('http://localhost/docs/json'))
  ).json()
  const { valid, errors } = await new Validator().validate(document)
  if (valid) return 0
  console.error(`The document of ${document.info.title} is not valid OpenAPI:`, errors)
  return 1
}
