import type { Mutant } from '../mutant.ts'

export const ACCESS: Mutant[] = [
  {
    name: 'tokens-after-the-body',
    breaks: 'A body is read and judged before the token is asked for.',
    edits: [
      {
        file: 'shared/platform/src/http/base-app.ts',
        replace: `.onParse(({ request, route }) => {
  checkAccess(request, route)
  return readJsonBody(request)`,
        with: `.onParse(async ({ request, route }) => {
  const body = await readJsonBody(request)
  checkAccess(request, route)
  return body`,
      },
    ],
    noticedBy: [
      ['bet-maker/test/access.api.test.ts', 'without a token nothing else is said of the request'],
    ],
  },
  {
    name: 'tokens-for-every-bet',
    breaks: 'A client sees every bet whose id it knows.',
    edits: [
      {
        file: 'bet-maker/src/infrastructure/bet-record.repository.ts',
        replace: `.where(and(expression\`\${bets.id} = \${id}::bigint\`, eq(bets.client, client)))`,
        with: `.where(expression\`\${bets.id} = \${id}::bigint and \${client} = \${client}\`)`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'a client sees its own bets, by any of its tokens, and no other',
      ],
    ],
  },
  {
    name: 'tokens-of-a-page-of-bets',
    breaks: 'The list of bets asks for no token.',
    edits: [
      {
        file: 'bet-maker/src/presentation/bet.controller.ts',
        replace: `  'The next page is in the Link header. A page looks at no more than 10,000 bets, so with a filter it may be short, even empty, and still have a next one.',
...needsToken,`,
        with: `  'The next page is in the Link header. A page looks at no more than 10,000 bets, so with a filter it may be short, even empty, and still have a next one.',`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'without a token it is 401, says how to bring one, and writes nothing',
      ],
    ],
  },
  {
    name: 'tokens-without-a-rate',
    breaks: 'A client may send as many requests as it likes.',
    edits: [
      {
        file: 'shared/platform/src/http/access.ts',
        replace: `if (!rates.get(name)?.take()) throw new RateLimitedError()`,
        with: `if (!rates.has(name)) throw new RateLimitedError()`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'beyond its rate a name is 429 whatever it sends, others are not, and after a while it is let in again',
      ],
    ],
  },
]
