import type { Mutant } from '../mutant.ts'

export const KEYS: Mutant[] = [
  {
    name: 'bet-behind-a-key-compared-without-its-coefficient',
    breaks: 'Requests that differ in the coefficient seen count as the same bet.',
    edits: [
      {
        file: 'bet-maker/src/domain/bet-request.ts',
        replace: `a.seen?.hundredths === b.seen?.hundredths &&`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/idempotency.api.test.ts',
        'the same key with another coefficient is 422, and the bet stays',
      ],
    ],
  },
  {
    name: 'bet-behind-a-key-not-compared',
    breaks: 'A used key returns its bet, whatever this request asks for.',
    edits: [
      {
        file: 'bet-maker/src/application/place-bet.ts',
        replace: `isSameBet(earlier.request, request)`,
        with: `isSameBet(request, request)`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/idempotency.api.test.ts',
        'the same key with another bet_sum is 422, and the bet stays',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'keys-of-all-clients',
    breaks: "Keys are not per client: another client's key returns that client's bet.",
    edits: [
      {
        file: 'bet-maker/src/presentation/bet.controller.ts',
        replace: `client,`,
        with: `client: key === undefined ? client : '',`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'keys are per client: two clients may use the same key for different bets',
      ],
    ],
  },
]
