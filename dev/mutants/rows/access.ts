import type { Mutant } from '../mutant.ts'

export const ACCESS: Mutant[] = [
  {
    name: 'tails-not-waited-for',
    breaks: 'A request that the HTTP server has already answered 400 is carried out.',
    edits: [
      {
        file: 'shared/platform/src/http/client-gone.ts',
        replace: 'await nextTick()',
        with: 'void nextTick()',
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bad-bet.api.test.ts',
        'B16 a chunked body with a trailer is 400, and nothing is written',
      ],
      [
        'line-provider/test/bad-change.api.test.ts',
        'B17 pipelined requests (a GET behind it) are closed unanswered, and nothing is written',
      ],
    ],
  },
  {
    name: 'paths-as-the-url-has-them',
    breaks: 'A path with a backslash is served as the path that Bun makes of it.',
    edits: [
      {
        file: 'shared/platform/src/http/request-head.ts',
        replace: 'return routeOf(url) === route && !hasBackslash(params)',
        with: 'return routeOf(url) !== route || !hasBackslash(params)',
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/serve-app.int.test.ts',
        'B21 a path that the app would see differently than it was sent is 400',
      ],
    ],
  },
  {
    name: 'any-number-of-hosts',
    breaks: 'A request with two Host headers is served.',
    edits: [
      {
        file: 'shared/platform/src/http/request-head.ts',
        replace: "if (headers.get('host')?.includes(',')) return false",
        with: "if (headers.get('host')?.includes(';')) return false",
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/serve-app.int.test.ts',
        'B19 a request with two Host headers is 400, and without one too',
      ],
    ],
  },
  {
    name: 'hang-ups-as-failures',
    breaks: 'A client that hangs up in the middle of a body counts as a failure of the service.',
    edits: [
      {
        file: 'shared/platform/src/http/client-gone.ts',
        replace: 'throw request.signal.aborted ? new ClientGoneError() : error',
        with: 'throw error',
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bad-bet.api.test.ts',
        'F26 hanging up in the middle of a body (chunked, destroy) writes nothing',
      ],
    ],
  },
  {
    name: 'tokens-after-the-body',
    breaks: 'A body is read and validated before the token is checked.',
    edits: [
      {
        file: 'shared/platform/src/http/route.ts',
        replace: `context.caller = identify(who, context)
          return readFromWaitingClient(context.request, readJsonBody)`,
        with: `const body = await readFromWaitingClient(context.request, readJsonBody)
          context.caller = identify(who, context)
          return body`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'without a token an answer says nothing else about the request',
      ],
    ],
  },
  {
    name: 'tokens-not-checked-behind-a-parser',
    breaks: 'A route that parses its body itself is open to everyone.',
    edits: [
      {
        file: 'shared/platform/src/http/route.ts',
        replace: 'context.caller ??= identify(who, context)',
        with: `if (context.request.method === 'GET')
  context.caller = identify(who, context)`,
      },
    ],
    noticedBy: [
      [
        'shared/platform/test/base-app.api.test.ts',
        'a route with a body parser of its own (json) is guarded all the same',
      ],
    ],
  },
  {
    name: 'tokens-for-every-bet',
    breaks: 'A client can read any bet by its id.',
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
    breaks: 'The list of bets requires no token.',
    edits: [
      {
        file: 'bet-maker/src/presentation/bet.controller.ts',
        replace: `access: 'client',
        operationId: 'listBets',`,
        with: `access: 'open',
        operationId: 'listBets',`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'without a token it is 401, says how to send one, and writes nothing',
      ],
    ],
  },
  {
    name: 'tokens-without-a-rate',
    breaks: 'A client may send as many requests as it likes.',
    edits: [
      {
        file: 'shared/platform/src/http/access.ts',
        replace: `if (!allowances.get(name)?.take()) throw new RateLimitedError()`,
        with: `if (!allowances.has(name)) throw new RateLimitedError()`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'beyond its rate a name is 429 for a while, and others are not',
      ],
    ],
  },
  {
    name: 'static-files-copied',
    breaks: 'Each request for a static file gets a copy of its own.',
    edits: [
      {
        file: 'shared/platform/src/http/fixed-answer.ts',
        replace: 'return () => new Response(body, { headers: all })',
        with: `const copied = typeof content === 'string' ? body : content
  return () => new Response(copied, { headers: all })`,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/outsiders.e2e.test.ts',
        'F29 line-provider/src/main.ts: hundreds of clients that do not read the largest file ' +
          'cost it no memory',
      ],
    ],
  },
  {
    name: 'host-not-checked',
    breaks: 'A page whose name was made to resolve here may use a service without tokens.',
    edits: [
      {
        file: 'shared/platform/src/http/base-app.ts',
        replace: 'if (isAllowed?.(request.url) === false) return foreignHostResponse()',
        with: `if (isAllowed?.(request.url) === false && request.method === 'POST')
          return foreignHostResponse()`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/bad-address.api.test.ts',
        'B24 PUT /event of a page whose name was made to resolve here is refused',
      ],
    ],
  },
  {
    name: 'protected-answers-cached',
    breaks: 'A cache may keep what one caller was answered and show it to another.',
    edits: [
      {
        file: 'shared/platform/src/http/route.ts',
        replace: `set.headers['cache-control'] = 'no-store'
    return authenticate(request)`,
        with: `const caller = authenticate(request)
    set.headers['cache-control'] = 'no-store'
    return caller`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/access.api.test.ts',
        'whatever a protected route answers is kept by no cache, refusals too',
      ],
    ],
  },
]
