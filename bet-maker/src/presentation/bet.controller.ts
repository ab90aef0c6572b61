import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { parseEventId } from '@bets/domain/event'
import type { RequestOrigin } from '@bets/domain/request-origin'
import { cachedJsonPage } from '@bets/platform/http/cached-json'
import { LINK } from '@bets/platform/http/list-pages'
import type { AnswerHeader, Guard } from '@bets/platform/http/route'
import { NoQuery, parseAt, ValidationFailedError } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { Static } from 'typebox'
import type { placeBet } from '../application/place-bet.ts'
import type { getBet, listBets } from '../application/read-bets.ts'
import type { BetRequest } from '../domain/bet-request.ts'
import { toBetView, toBetWithHistoryView } from './bet-view.ts'
import { route } from './route.ts'
import { checkRowId } from './row-id.ts'
import {
  BetBody,
  BetHeaders,
  BetList,
  BetParams,
  BetsQuery,
  BetView,
  BetWithHistoryView,
  IDEMPOTENT_REPLAYED,
} from './schemas.ts'

export interface BetUseCases {
  placeBet(request: BetRequest, origin: RequestOrigin): ReturnType<ReturnType<typeof placeBet>>
  getBet: ReturnType<typeof getBet>
  listBets: ReturnType<typeof listBets>
}

const LOCATION: AnswerHeader = {
  name: 'Location',
  required: true,
  schema: { type: 'string' },
  description: 'Where the bet is shown.',
}

/** `POST /bet`, `GET /bets`, `GET /bets/{id}`: a client sees its own bets only. */
export function betController(guard: Guard, { placeBet, getBet, listBets }: BetUseCases) {
  const answer = cachedJsonPage('/bets', toBetView)

  return new Elysia({ tags: ['Bets'] })
    .use(guard)
    .model({ BetRequest: BetBody, Bet: BetView, BetWithHistory: BetWithHistoryView, Bets: BetList })
    .post(
      '/bet',
      async ({ body, caller, headers, requestId, set }) => {
        const wanted = toRequest(body, caller, headers['idempotency-key'])
        const { bet, replayed } = await placeBet(wanted, { caller, requestId })
        set.status = replayed ? 200 : 201
        set.headers.location = `/bets/${bet.id}`
        if (replayed) set.headers['idempotent-replayed'] = 'true'
        return toBetView(bet)
      },
      route({
        access: 'client',
        operationId: 'placeBet',
        summary: 'Place a bet',
        description:
          'Places the bet at the current coefficient. With an account, its stake is taken from ' +
          'there in the same moment. With an Idempotency-Key, a repeat answers 200 with the bet ' +
          'that was placed the first time.',
        body: 'BetRequest',
        headers: BetHeaders,
        query: NoQuery,
        answers: { 200: 'Bet', 201: 'Bet' },
        answerHeaders: [LOCATION, IDEMPOTENT_REPLAYED],
        problems: [
          'IDEMPOTENCY_KEY_REUSED',
          'FEED_DOWN',
          'EVENT_NOT_FOUND',
          'LINE_UNAVAILABLE',
          'EVENT_NOT_OPEN',
          'ODDS_CHANGED',
          'LIMIT_EXCEEDED',
          'ACCOUNT_NOT_FOUND',
          'INSUFFICIENT_FUNDS',
          'OVERLOADED',
          'DATABASE_UNAVAILABLE',
        ],
      }),
    )
    .get(
      '/bets',
      async ({ query: { state, event_id, limit, cursor }, caller, request }) => {
        if (cursor !== undefined) checkRowId(cursor, '/query/cursor')
        const filter = { client: caller, state, eventId: event_id }
        const { items, next } = await listBets(filter, cursor, Number(limit ?? 100))
        return answer(items, request.url, next)
      },
      route({
        access: 'client',
        operationId: 'listBets',
        summary: 'List a page of bets, newest first',
        description:
          '**This is one page, not all bets**: 100 of them, or `limit`. The next page is in the ' +
          'Link header (`rel="next"`); a page without one is the last. A page looks at no more ' +
          'than 10,000 bets, whoever they belong to, so with a filter it may be short, even ' +
          'empty, and still have a next one.',
        query: BetsQuery,
        answers: { 200: 'Bets' },
        answerHeaders: [LINK],
        problems: ['OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
    .get(
      '/bets/:id',
      async ({ params: { id }, caller }) => {
        checkRowId(id, '/path/id')
        const { bet, history } = await getBet(id, caller)
        return toBetWithHistoryView(bet, history)
      },
      route({
        access: 'client',
        operationId: 'getBet',
        summary: 'Show a bet and its history',
        params: BetParams,
        query: NoQuery,
        answers: { 200: 'BetWithHistory' },
        problems: ['BET_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
      }),
    )
}

function toRequest(
  body: Static<typeof BetBody>,
  client: string,
  key: string | undefined,
): BetRequest {
  const { event_id, bet_sum, account_id, coefficient, accept_odds } = body
  if (coefficient === undefined && accept_odds !== undefined && accept_odds !== 'any')
    throw new ValidationFailedError([
      { path: '/body/coefficient', message: `is required with accept_odds ${accept_odds}` },
    ])
  return {
    eventId: parseAt('/body/event_id', () => parseEventId(event_id)),
    sum: parseAt('/body/bet_sum', () => BetSum.parse(bet_sum)),
    seen:
      coefficient === undefined
        ? undefined
        : parseAt('/body/coefficient', () => Coefficient.parse(coefficient)),
    acceptOdds: accept_odds ?? (coefficient === undefined ? 'any' : 'exact'),
    accountId:
      account_id === undefined
        ? undefined
        : parseAt('/body/account_id', () => parseEventId(account_id)),
    client,
    key,
  }
}
