import { createApp } from '@bets/bet-maker/src/app.ts'
import { Bet } from '@bets/domain/bet'
import { Coefficient } from '@bets/domain/coefficient'
import { serveHttp } from '@bets/platform/http/http-server'
import { createLog } from '@bets/platform/process/log'
import { Elysia } from 'elysia'

/**
 * A separate process that measures HTTP alone. On PORT: bet-maker's app with its schemas and use
 * cases that do nothing. On BYTES_PORT: an app that serves a constant, fetched from the URL in
 * BYTES_OF at startup.
 */
const log = createLog('bench', 'silent')
const nobody = () => Promise.reject(new Error('This app does nothing.'))
const createdAt = new Date().toISOString()

const app = createApp({
  useCases: {
    placeBet: async ({ eventId, sum }) => ({
      bet: {
        id: 1,
        eventId,
        accountId: null,
        bet: new Bet(sum, Coefficient.fromHundredths(150)),
        eventVersion: 1,
        state: 'PENDING',
        payoutCents: null,
        createdAt,
        settledAt: null,
      },
      replayed: false,
    }),
    getBet: nobody,
    makeTransfer: nobody,
    getAccount: nobody,
    listAccounts: nobody,
    listEntries: nobody,
    listBets: nobody,
    listOpenEvents: nobody,
    readBoard: nobody,
  },
  checkReadiness: async () => ({ ready: true, checks: {}, feed_age_ms: 0 }),
  log,
})
serveHttp({
  fetch: app.fetch,
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  paths: app.routes.map(({ path }) => path),
})

const { BYTES_OF } = process.env
if (BYTES_OF !== undefined) {
  const bytes = await (await fetch(BYTES_OF)).bytes()
  const headers = { 'content-type': 'application/json' }
  const constant = new Elysia().get('/events', () => new Response(bytes, { headers }))
  serveHttp({ fetch: constant.fetch, hostname: '127.0.0.1', port: Number(process.env.BYTES_PORT) })
}
