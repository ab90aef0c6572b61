import { BetSumText } from '@bets/domain/bet-sum'
import type { SportingEvent } from '@bets/domain/event'
import { formatHundredths } from '@bets/domain/hundredths'
import { LineEvent, toLineEvent } from '@bets/domain/line-event'
import { type Static, Type } from 'typebox'
import { type Limits, maxStake } from '../domain/limits.ts'

const OpenEvent = Type.Object(
  {
    ...LineEvent.properties,
    max_stake: Type.Optional(
      Type.String({
        ...BetSumText,
        description: 'The largest stake at this coefficient; only where the house has limits.',
      }),
    ),
  },
  { description: 'An event that is open to bets.' },
)

export const OpenEvents = Type.Array(OpenEvent, {
  maxItems: 1_000,
  description: 'Open events, by deadline and id.',
})

/** An open event as HTTP shows it. */
export function toOpenEventView(event: SportingEvent, limits: Limits): Static<typeof OpenEvent> {
  const max = maxStake(limits, event.coefficient)
  return {
    ...toLineEvent(event),
    ...(max === undefined ? {} : { max_stake: formatHundredths(max.cents) }),
  }
}
