import { BetState } from '@bets/domain/bet'
import { BetSumText } from '@bets/domain/bet-sum'
import { CoefficientText } from '@bets/domain/coefficient'
import { Deadline, EventId } from '@bets/domain/event'
import { formatHundredths } from '@bets/domain/hundredths'
import { type Static, Type } from 'typebox'
import type { LatestBets } from '../application/ports.ts'
import type { Board } from '../application/read-board.ts'
import { MoneyText, SignedMoneyText, Time } from './schemas.ts'

/** Keeps the response small; a page shows no more than this anyway. */
const MAX_EVENTS = 100

const BoardBet = Type.Object({
  event_id: EventId,
  sum: BetSumText,
  coefficient: CoefficientText,
  state: BetState,
  payout: Type.Union([MoneyText, Type.Null()]),
  created_at: Time,
})

const BoardChart = Type.Object({
  bar_ms: Type.Integer({ description: 'Length of a bar in milliseconds.' }),
  until: Type.String({ format: 'date-time', description: 'End of the last bar.' }),
  turnover: Type.Array(MoneyText, {
    description: 'Stakes of the bets placed during each bar, oldest first.',
  }),
  result: Type.Array(SignedMoneyText, {
    description: 'House profit/loss: stakes minus payouts of the settled bets among them.',
  }),
})

const BoardBets = Type.Object({
  count: Type.Integer({
    description: 'The number of bets in the totals: the latest ones, at most 5,000.',
  }),
  turnover: MoneyText,
  pending: Type.String({
    pattern: MoneyText.pattern as string,
    description: 'Stakes of the bets that are not settled yet.',
  }),
  result: SignedMoneyText,
  newest: Type.Array(BoardBet, { description: 'The latest 30, newest first.' }),
  chart: BoardChart,
})

export const BoardView = Type.Object(
  {
    bets_taken: Type.Boolean({
      description: 'Whether the feed is fresh enough to accept bets.',
    }),
    feed_age_ms: Type.Union([Type.Integer(), Type.Null()], {
      description:
        'Age of the latest feed sync; null before the first one and without the database.',
    }),
    feed_max_age_ms: Type.Integer(),
    events: Type.Union(
      [
        Type.Object({
          total: Type.Integer({ description: 'How many are open, counted up to 1,000.' }),
          more: Type.Boolean({ description: 'Whether more are open than were counted.' }),
          items: Type.Array(
            Type.Object({ event_id: EventId, coefficient: CoefficientText, deadline: Deadline }),
            { description: 'The first 100 open events by deadline.' },
          ),
        }),
        Type.Null(),
      ],
      { description: 'Null while line-provider is unavailable.' },
    ),
    bets: Type.Union([BoardBets, Type.Null()], {
      description: 'Null while the database is unavailable.',
    }),
  },
  {
    description: 'The open events and the latest bets, without anything that identifies bettors.',
  },
)

/** The answer of `/board.json`. */
export function toBoardView({
  events,
  latest,
  betsTaken,
  feedMaxAgeMs,
}: Board): Static<typeof BoardView> {
  return {
    bets_taken: betsTaken,
    feed_age_ms: latest?.feedAgeMs == null ? null : Math.round(latest.feedAgeMs),
    feed_max_age_ms: feedMaxAgeMs,
    events:
      events === undefined
        ? null
        : {
            total: events.events.length,
            more: events.next !== undefined,
            items: events.events.slice(0, MAX_EVENTS).map(({ eventId, coefficient, deadline }) => ({
              event_id: eventId,
              coefficient: coefficient.toString(),
              deadline,
            })),
          },
    bets: latest === undefined ? null : toBets(latest),
  }
}

function toBets(latest: LatestBets): Static<typeof BoardBets> {
  return {
    count: latest.count,
    turnover: formatHundredths(latest.turnoverCents),
    pending: formatHundredths(latest.pendingCents),
    result: signed(latest.resultCents),
    newest: latest.newest.map((bet) => ({
      event_id: bet.eventId,
      sum: formatHundredths(bet.sumCents),
      coefficient: formatHundredths(bet.coefficientHundredths),
      state: bet.state,
      payout: bet.payoutCents === null ? null : formatHundredths(bet.payoutCents),
      created_at: bet.createdAt,
    })),
    chart: {
      bar_ms: latest.barMs,
      until: latest.barsUntil,
      turnover: latest.bars.map(({ turnoverCents }) => formatHundredths(turnoverCents)),
      result: latest.bars.map(({ resultCents }) => signed(resultCents)),
    },
  }
}

function signed(cents: bigint): string {
  return cents < 0n ? `-${formatHundredths(-cents)}` : formatHundredths(cents)
}
