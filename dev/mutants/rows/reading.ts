import type { Mutant } from '../mutant.ts'

export const READING: Mutant[] = [
  {
    name: 'reading-all-bets-of-an-event',
    breaks: "A page of a client's bets on an event walks past all bets of others.",
    edits: [
      {
        file: 'bet-maker/src/infrastructure/bet-record.repository.ts',
        replace: `order by \${order} limit \${MAX_LOOKED}`,
        with: `order by \${order}`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bets-bound.api.test.ts',
        'F32 a page of an event reads no more than it may, whoever the bets belong to',
      ],
    ],
  },
]
