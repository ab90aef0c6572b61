import { expect, test } from 'bun:test'
import { ACCESS, bearer, TOKENS, testAccess } from '../../dev/testing/access-suite.ts'
import type { App } from '../../dev/testing/app.ts'
import { expectProblem, getPages, json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { type ShownBet, useBetApp, wireBetApp } from './bet-app.ts'

const EVENT = 'm-1'
const [OLD, NEW, OTHER] = TOKENS.map(({ token }) => bearer(token)) as [Headers, Headers, Headers]
type Headers = ReturnType<typeof bearer>

const bets = await useBetApp(undefined, ACCESS)
await bets.apply(lineEvent(EVENT))
await bets.synced(0)

const get = (path: string, headers: Headers) => send(bets.app, 'GET', path, undefined, headers)
const list = async (path: string, headers: Headers) => json<ShownBet[]>(await get(path, headers))

testAccess({
  deps: () => bets,
  withAccess: (access) => wireBetApp(bets.sql, undefined, access).app,
  protectedRoutes: [
    [['POST', '/bet', { event_id: EVENT, bet_sum: '1.00' }], 201],
    [['GET', '/bets'], 200],
    [['GET', '/bets/9000000001'], 404],
    // A transfer needs a key besides; with a token that is found out.
    [['POST', '/transfers', { account_id: 'a-1', kind: 'deposit', amount: '1.00' }], 422],
    [['GET', '/accounts'], 200],
    [['GET', '/accounts/a-1'], 404],
    [['GET', '/accounts/a-1/entries'], 404],
  ],
  openRoutes: [
    ...['/', '/board.json', '/board/board.js', '/events'],
    ...['/health/live', '/health/ready', '/docs', '/docs/json', '/openapi.json'],
  ],
  otherKind: 'local-operator-token',
})

test('each bet records its client, for any token of the client', async () => {
  const before = await bets.sql<{ id: number }[]>`select coalesce(max(id), 0) as id from bets`
  for (const token of [OLD, NEW, OTHER]) await bets.bet({ event_id: EVENT, bet_sum: '2.00' }, token)
  const rows = await bets.sql`select client from bets where id > ${before[0]?.id ?? 0} order by id`
  expect(rows.map(({ client }) => client)).toEqual(['first', 'first', 'second'])
})

test('a client sees its own bets, by any of its tokens, and no other', async () => {
  const mine = await bets.bet({ event_id: EVENT, bet_sum: '3.00' }, OLD)
  expect(await json(await get(`/bets/${mine.id}`, NEW))).toMatchObject({ id: mine.id, sum: '3.00' })
  await expectProblem(await get(`/bets/${mine.id}`, OTHER), 404, 'BET_NOT_FOUND')

  const filters = [
    '/bets?',
    `/bets?event_id=${EVENT}&`,
    '/bets?state=PENDING&',
    `/bets?state=PENDING&event_id=${EVENT}&`,
  ]
  for (const path of filters) {
    const ids = (items: ShownBet[]) => items.map(({ id }) => id)
    expect(ids(await list(`${path}limit=1000`, NEW))).toContain(mine.id)
    expect(ids(await list(`${path}limit=1000`, OTHER))).not.toContain(mine.id)
    // Nor is a page of another client accessible through its cursor.
    expect(ids(await list(`${path}cursor=${mine.id + 1}`, OTHER))).not.toContain(mine.id)
  }
})

test("lists contain exactly the client's bets, page by page", async () => {
  for (let bet = 0; bet < 9; bet++)
    await bets.bet({ event_id: EVENT, bet_sum: '4.00' }, bet % 3 === 0 ? OTHER : OLD)
  for (const [client, token] of [
    ['first', OLD],
    ['second', OTHER],
  ] as const) {
    const app: App = { handle: (request) => withToken(request, token), fetch: bets.app.fetch }
    const pages = await getPages<ShownBet>(app, '/bets?limit=2')
    const stored = await bets.sql`select id from bets where client = ${client} order by id desc`
    expect(pages.flat().map(({ id }) => id)).toEqual(stored.map(({ id }) => id))
  }
})

function withToken(request: Request, token: Headers): Promise<Response> {
  request.headers.set('authorization', token.authorization)
  return bets.app.handle(request)
}

test('keys are per client: two clients may use the same key for different bets', async () => {
  const key = { 'idempotency-key': 'the-same' }
  const bet = { event_id: EVENT, bet_sum: '5.00' }
  const first = await bets.bet(bet, { ...OLD, ...key })
  const second = await bets.bet(bet, { ...OTHER, ...key })
  expect(second.id).not.toBe(first.id)
  const again = await bets.post(bet, { ...NEW, ...key })
  expect(again.status).toBe(200)
  expect(await json(again)).toMatchObject({ id: first.id })
  // A key that only the other client has used is not a reused key.
  await bets.bet({ ...bet, bet_sum: '6.00' }, { ...OLD, 'idempotency-key': 'mine' })
  await bets.bet({ ...bet, bet_sum: '7.00' }, { ...OTHER, 'idempotency-key': 'mine' })
})
