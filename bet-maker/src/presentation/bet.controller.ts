import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { ValidationFailedError } from '@bets/domain/errors'
import type { RequestOrigin } from '@bets/domain/request-origin'
import { callerOf, needsToken } from '@bets/platform/http/access'
import { cachedJsonPage } from '@bets/platform/http/cached-json'
import { answers, problems } from '@bets/platform/http/openapi'
import { originOf } from '@bets/platform/http/request-id'
import { NoQuery, parseAt } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { Static } from 'typebox'
import type { placeBet } from '../application/place-bet.ts'
import type { getBet, listBets } from '../application/read-bets.ts'
import type { BetRequest } from '../domain/bet-request.ts'
import { toBetView, toBetWithHistoryView } from './bet-view.ts'
import {
  BetBody,
  BetHeaders,
  BetList,
  BetParams,
  BetsQuery,
  BetView,
  BetWithHistoryView,
} from './schemas.ts'

export interface BetUseCases {
  placeBet(request: BetRequest, origin: RequestOrigin): ReturnType<ReturnType<typeof placeBet>>
  getBet: ReturnType<typeof getBet>
  listBets: ReturnType<typeof listBets>
}

const MAX_BET_ID = 2n ** 63n - 1n

/** `POST /bet`, `GET /bets`, `GET /bets/{id}`: a client sees its own bets only. */
export function betController({ placeBet, getBet, listBets }: BetUseCases) {
  const answer = cachedJsonPage(toBetView)

  return new Elysia({ tags: ['Bets'] })
    .model({ BetRequest: BetBody, Bet: BetView, BetWithHistory: BetWithHistoryView, Bets: BetList })
    .post(
      '/bet',
      async ({ body, headers, request, set }) => {
        const wanted = toRequest(body, callerOf(request), headers['idempotency-key'])
        const { bet, replayed } = await placeBet(wanted, originOf(request, set.headers))
        set.status = replayed ? 200 : 201
        set.headers.location = `/bets/${bet.id}`
        if (replayed) set.headers['idempotent-replayed'] = 'true'
        return toBetView(bet)
      },
      {
        body: 'BetRequest',
        headers: BetHeaders,
        query: NoQuery,
        detail: {
          operationId: 'placeBet',
          summary: 'Place a bet',
          description:
            'Takes the bet at the price of the moment. With an Idempotency-Key a repeat answers 200 with the bet that was taken the first time.',
          ...needsToken,
          ...answers({ 200: 'Bet', 201: 'Bet' }, ['Location', 'Idempotent-Replayed']),
          ...problems(
            'IDEMPOTENCY_KEY_REUSED',
            'FEED_DOWN',
            'EVENT_NOT_FOUND',
            'LINE_UNAVAILABLE',
            'EVENT_NOT_OPEN',
            'ODDS_CHANGED',
            'OVERLOADED',
            'DATABASE_UNAVAILABLE',
          ),
        },
      },
    )
    .get(
      '/bets',
      async ({ query: { state, event_id, limit, cursor }, request }) => {
        if (cursor !== undefined) checkBetId(cursor, '/query/cursor')
        const filter = { client: callerOf(request), state, eventId: event_id }
        const { items, next } = await listBets(filter, cursor, Number(limit ?? 100))
        return answer(items, request.url, next)
      },
      {
        query: BetsQuery,
        detail: {
          operationId: 'listBets',
          summary: 'List bets, newest first',
          description:
            'The next page is in the Link header. A page looks at no more than 10,000 bets, so with a filter it may be short, even empty, and still have a next one.',
          ...needsToken,
          ...answers({ 200: 'Bets' }, ['Link']),
          ...problems('DATABASE_UNAVAILABLE'),
        },
      },
    )
    .get(
      '/bets/:id',
      async ({ params: { id }, request }) => {
        checkBetId(id, '/path/id')
        const { bet, history } = await getBet(id, callerOf(request))
        return toBetWithHistoryView(bet, history)
      },
      {
        params: BetParams,
        query: NoQuery,
        detail: {
          operationId: 'getBet',
          summary: 'Show a bet and its history',
          ...needsToken,
          ...answers({ 200: 'BetWithHistory' }),
          ...problems('BET_NOT_FOUND', 'DATABASE_UNAVAILABLE'),
        },
      },
    )
}

function toRequest(
  body: Static<typeof BetBody>,
  client: string,
  key: string | undefined,
): BetRequest {
  const { event_id, bet_sum, coefficient, accept_odds } = body
  if (coefficient === undefined && accept_odds !== undefined && accept_odds !== 'any')
    throw new ValidationFailedError([
      { path: '/body/coefficient', message: `is required with accept_odds ${accept_odds}` },
    ])
  return {
    eventId: event_id,
    sum: parseAt('/body/bet_sum', () => BetSum.parse(bet_sum)),
    seen:
      coefficient === undefined
        ? undefined
        : parseAt('/body/coefficient', () => Coefficient.parse(coefficient)),
    acceptOdds: accept_odds ?? (coefficient === undefined ? 'any' : 'exact'),
    client,
    key,
  }
}

/** Bet ids and cursors are decimal text up to 2^63 − 1, which no JavaScript number holds. */
function checkBetId(text: string, path: string): void {
  if (!/^[1-9][0-9]{0,18}$/.test(text) || BigInt(text) > MAX_BET_ID)
    throw new ValidationFailedError([
      { path, message: 'must be a whole number from 1 to 2^63 - 1' },
    ])
}
