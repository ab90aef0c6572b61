import { describe, expect, test } from 'bun:test'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import { DatabaseUnavailableError, EventNotFoundError, OverloadedError } from '@bets/domain/errors'
import { placeBet } from '../src/application/place-bet.ts'
import type { Bets, Placement } from '../src/application/ports.ts'
import type { BetRequest } from '../src/domain/bet-request.ts'
import {
  EventNotOpenError,
  FeedDownError,
  IdempotencyKeyReusedError,
  LineUnavailableError,
  OddsChangedError,
} from '../src/domain/errors.ts'
import { NO_LIMITS } from '../src/domain/limits.ts'
import { betRequest, judgedEvent, placedBet } from './fixtures.ts'

type NotPlaced = Extract<Placement, { kind: 'not_placed' }>
const notPlaced = (changes: Partial<NotPlaced> = {}): NotPlaced => ({
  kind: 'not_placed',
  earlier: undefined,
  feedFresh: true,
  event: judgedEvent(),
  balanceCents: undefined,
  ...changes,
})

/** Returns the given placements, the last one repeatedly, and counts the calls. */
function betsAnswering(
  ...placements: [Placement, ...Placement[]]
): Bets & { requests: BetRequest[] } {
  const requests: BetRequest[] = []
  return {
    requests,
    async place(request) {
      requests.push(request)
      return placements[Math.min(requests.length, placements.length) - 1] as Placement
    },
  }
}

const learnsNothing = async (): Promise<void> => {
  throw new Error('The event must not be requested.')
}

describe('placing a bet', () => {
  test('returns the placed bet', async () => {
    const bets = betsAnswering({ kind: 'placed', bet: placedBet(7) })
    const request = betRequest()
    expect(await placeBet({ bets, limits: NO_LIMITS, learnEvent: learnsNothing })(request)).toEqual(
      {
        bet: placedBet(7),
        replayed: false,
      },
    )
    expect(bets.requests).toEqual([request])
  })

  test('an unavailable database is an error, not retried: the bet may be stored', async () => {
    let calls = 0
    const bets: Bets = {
      async place() {
        calls++
        throw new DatabaseUnavailableError()
      },
    }
    await expect(
      placeBet({ bets, limits: NO_LIMITS, learnEvent: learnsNothing })(betRequest()),
    ).rejects.toThrow(DatabaseUnavailableError)
    expect(calls).toBe(1)
  })
})

describe('the first reason that applies refuses', () => {
  // Each case has its own reason and all later ones, but none of the earlier ones.
  const request = betRequest({ key: 'k', seen: Coefficient.parse('2.00'), acceptOdds: 'exact' })
  const otherBet = { bet: placedBet(), request: betRequest({ ...request, sum: BetSum.parse('1') }) }
  const closed = judgedEvent('suspended')
  const refusalOf = (placement: NotPlaced, learnEvent = learnsNothing) =>
    placeBet({ bets: betsAnswering(placement), limits: NO_LIMITS, learnEvent })(request).then(
      () => undefined,
      (error: Error) => error.constructor,
    )

  test('a key used for another bet, even while the feed is down', async () => {
    expect(
      await refusalOf(notPlaced({ earlier: otherBet, feedFresh: false, event: undefined })),
    ).toBe(IdempotencyKeyReusedError)
    expect(await refusalOf(notPlaced({ earlier: otherBet, event: closed }))).toBe(
      IdempotencyKeyReusedError,
    )
  })

  test('a stale feed, before the event is requested', async () => {
    expect(await refusalOf(notPlaced({ feedFresh: false, event: undefined }))).toBe(FeedDownError)
    expect(await refusalOf(notPlaced({ feedFresh: false, event: closed }))).toBe(FeedDownError)
  })

  test('an event that line-provider does not know or cannot provide', async () => {
    for (const error of [
      new EventNotFoundError(),
      new LineUnavailableError(),
      new OverloadedError(),
    ])
      expect(await refusalOf(notPlaced({ event: undefined }), () => Promise.reject(error))).toBe(
        error.constructor as ErrorConstructor,
      )
  })

  test('an event that is not open', async () => {
    expect(await refusalOf(notPlaced({ event: closed }))).toBe(EventNotOpenError)
  })

  test('a changed coefficient', async () => {
    expect(await refusalOf(notPlaced({ event: judgedEvent('odds_changed') }))).toBe(
      OddsChangedError,
    )
  })
})

describe('a repeat of an accepted bet', () => {
  const request = betRequest({ key: 'k' })
  const earlier = { bet: placedBet(5), request: { ...request } }

  test.each([
    ['while all is well', {}],
    ['while the feed is down', { feedFresh: false }],
    ['when the event has ended', { event: judgedEvent('ended') }],
    ['when the copy has lost the event', { event: undefined }],
  ])('is answered with that bet %s', async (_when, change) => {
    const bets = betsAnswering(notPlaced({ earlier, ...change }))
    expect(await placeBet({ bets, limits: NO_LIMITS, learnEvent: learnsNothing })(request)).toEqual(
      {
        bet: placedBet(5),
        replayed: true,
      },
    )
    expect(bets.requests).toHaveLength(1)
  })
})

describe('trying again', () => {
  test('an event unknown to the copy is requested, and the bet is placed', async () => {
    const learnt: string[] = []
    const bets: Bets = {
      async place({ eventId }) {
        return learnt.includes(eventId)
          ? { kind: 'placed', bet: placedBet() }
          : notPlaced({ event: undefined })
      },
    }
    const learnEvent = async (eventId: string) => void learnt.push(eventId)
    const placed = await placeBet({ bets, limits: NO_LIMITS, learnEvent })(
      betRequest({ eventId: 'm-9' }),
    )
    expect(placed).toEqual({ bet: placedBet(), replayed: false })
    expect(learnt).toEqual(['m-9'])
  })

  test('a requested event that is closed refuses the bet', async () => {
    const bets = betsAnswering(
      notPlaced({ event: undefined }),
      notPlaced({ event: judgedEvent('ended') }),
    )
    await expect(
      placeBet({ bets, limits: NO_LIMITS, learnEvent: async () => {} })(betRequest()),
    ).rejects.toThrow(EventNotOpenError)
  })

  test.each([1, 2])(
    'when what stood in the way has gone %d times, the bet is placed',
    async (times) => {
      const gone = Array.from({ length: times }, () => notPlaced())
      const bets = betsAnswering(...(gone as [Placement]), { kind: 'placed', bet: placedBet() })
      expect(
        (await placeBet({ bets, limits: NO_LIMITS, learnEvent: learnsNothing })(betRequest()))
          .replayed,
      ).toBe(false)
      expect(bets.requests).toHaveLength(times + 1)
    },
  )

  test('ends with OVERLOADED after 3 attempts', async () => {
    const bets = betsAnswering(notPlaced())
    await expect(
      placeBet({ bets, limits: NO_LIMITS, learnEvent: learnsNothing })(betRequest()),
    ).rejects.toThrow(OverloadedError)
    expect(bets.requests).toHaveLength(3)
  })

  test('an event that is requested and lost again counts as an attempt', async () => {
    const bets = betsAnswering(notPlaced({ event: undefined }))
    await expect(
      placeBet({ bets, limits: NO_LIMITS, learnEvent: async () => {} })(betRequest()),
    ).rejects.toThrow(OverloadedError)
    expect(bets.requests).toHaveLength(3)
  })
})
