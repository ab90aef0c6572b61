import { BetState } from '@bets/domain/bet'
import { BetSumInput, BetSumText } from '@bets/domain/bet-sum'
import { CoefficientInput, CoefficientText } from '@bets/domain/coefficient'
import { EventId, EventIdInput } from '@bets/domain/event'
import { readinessReport } from '@bets/platform/http/health.controller'
import { CursorParam, LimitParam, pageQuery } from '@bets/platform/http/list-pages'
import type { AnswerHeader } from '@bets/platform/http/route'
import { Type } from 'typebox'

/** 1 to 64 characters, as in event ids. */
export const AccountId = Type.String({
  pattern: EventId.pattern as string,
  maxLength: 64,
  examples: ['anna'],
})

/** An account id in input. `parseEventId` turns it into text. */
export const AccountIdInput = Type.Union(
  [AccountId, Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })],
  {
    description:
      "The client's account: 1 to 64 letters, digits, dots, underscores, colons and hyphens, " +
      'starting with a letter or digit. A whole number stands for its decimal text.',
    examples: ['anna', 7],
  },
)

export const BetBody = Type.Object(
  {
    event_id: EventIdInput,
    bet_sum: BetSumInput,
    account_id: Type.Optional(AccountIdInput),
    coefficient: Type.Optional(CoefficientInput),
    accept_odds: Type.Optional(
      Type.Union([Type.Literal('exact'), Type.Literal('higher'), Type.Literal('any')], {
        description:
          'When the coefficient is no longer `coefficient`: exact refuses, higher accepts a ' +
          'higher one, any accepts all. Default: exact with `coefficient`, else any.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      '`coefficient` is the one that the bettor saw. `account_id` is the account that pays the ' +
      'stake; without it the client keeps the wallet itself.',
    examples: [
      { event_id: 'm-1', bet_sum: '12.50' },
      { event_id: 'm-1', bet_sum: '12.50', account_id: 'anna' },
      { event_id: 7, bet_sum: 12.5 },
    ],
  },
)

const KEY = { pattern: '^[\\x21-\\x7E]{1,255}$' }

export const BetHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      ...KEY,
      description:
        'The same key and bet again answers with the bet that was placed the first time.',
    }),
  ),
})

export const IDEMPOTENT_REPLAYED: AnswerHeader = {
  name: 'Idempotent-Replayed',
  schema: { type: 'string', enum: ['true'] },
  description: 'An earlier request with the same key was answered with this.',
}

export const TransferHeaders = Type.Object({
  'idempotency-key': Type.String({
    ...KEY,
    description:
      'The same key and transfer again answers with the transfer that was made the first time.',
    examples: ['deposit-1'],
  }),
})

/** An amount of money, 0 or more, as answers show it: a string with two decimals. */
export const MoneyText = Type.String({
  pattern: '^(0|[1-9][0-9]*)\\.[0-9]{2}$',
  examples: ['18.75'],
})
/** An amount of money that may be below 0. */
export const SignedMoneyText = Type.String({
  pattern: '^-?(0|[1-9][0-9]*)\\.[0-9]{2}$',
  examples: ['-6.25'],
})
/** A time as answers show it: RFC 3339, UTC, milliseconds. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] })
const Version = Type.Integer({ minimum: 1, examples: [1] })
const OrNull = <T extends typeof MoneyText>(schema: T) => Type.Union([schema, Type.Null()])

const betFields = {
  id: Type.Integer({ minimum: 1, examples: [17] }),
  event_id: EventId,
  account_id: Type.Optional(AccountId),
  sum: BetSumText,
  coefficient: CoefficientText,
  event_version: Version,
  potential_payout: MoneyText,
  state: BetState,
  payout: OrNull(MoneyText),
  created_at: Time,
  settled_at: OrNull(Time),
}

export const BetView = Type.Object(betFields, { description: 'A bet in its current state.' })

export const BetWithHistoryView = Type.Object(
  {
    ...betFields,
    history: Type.Array(
      Type.Object({
        state: BetState,
        payout: OrNull(MoneyText),
        event_version: Version,
        at: Time,
        reason: Type.Union([Type.String(), Type.Null()], {
          description:
            "The reason of the event's change, or why the bet is void whatever the result: " +
            'placed_after_end (of the event), placed_on_unknown_event (the line did not have it).',
          examples: [null],
        }),
      }),
      { description: 'Oldest first: the placement, then at most the latest 1,000 changes.' },
    ),
  },
  { description: 'A bet and its history.' },
)

export const BetList = Type.Array(BetView, {
  description:
    'One page of bets, newest first. The Link header has the next page, if there is one.',
})

export const BetParams = Type.Object({
  id: Type.String({ pattern: '^[1-9][0-9]{0,18}$', examples: ['1'] }),
})

export const BetsQuery = Type.Object(
  {
    state: Type.Optional(BetState),
    event_id: Type.Optional(Type.String({ pattern: EventId.pattern as string })),
    limit: LimitParam(100),
    cursor: CursorParam('From the Link header of the page before.'),
  },
  { additionalProperties: false },
)

/** Readiness of the API, with the age of its copy of the line. */
export const ReadinessReport = readinessReport({
  feed_age_ms: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How long ago the latest complete feed sync began; null: never.',
  }),
})

/** Which part of the open events to list. */
export const OpenEventsQuery = pageQuery(1000)
