import { cachedJsonPage } from '@bets/platform/http/cached-json'
import { createGuard } from '@bets/platform/http/route'
import { NoQuery } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { PlacedBet } from '../src/domain/placed-bet.ts'
import { toBetView } from '../src/presentation/bet-view.ts'
import { route } from '../src/presentation/route.ts'
import { BetList, BetView } from '../src/presentation/schemas.ts'

/** What must not compile: `tsc` complains about an expected error that does not come. */
const common = { access: 'client', operationId: 'op', summary: 'A route', query: NoQuery } as const
const bet = toBetView({} as PlacedBet)
const app = new Elysia().use(createGuard()).model({ Bet: BetView, Bets: BetList })

const shown = route({ ...common, answers: { 200: 'Bet' }, problems: ['BET_NOT_FOUND'] })
app.get('/right', () => bet, shown)
// @ts-expect-error A field of the answer has another type.
app.get('/wrong-field', () => ({ ...bet, sum: 1 }), shown)
// @ts-expect-error A field of the answer is missing.
app.get('/missing-field', () => ({ id: bet.id }), shown)

const created = route({ ...common, answers: { 201: 'Bet' }, problems: [] })
app.get('/right-201', () => bet, created)
// @ts-expect-error An answer with another status than 200 counts, too.
app.get('/wrong-201', () => ({ id: 1 }), created)

const listed = route({ ...common, answers: { 200: 'Bets' }, problems: [] })
const answer = cachedJsonPage('/bets', toBetView)
app.get('/right-page', ({ request }) => answer([], request.url, undefined), listed)
// @ts-expect-error An element of the list has another type.
app.get('/wrong-element', () => [{ ...bet, id: 'x' }], listed)
const wrongAnswer = cachedJsonPage('/bets', ({ id }: PlacedBet) => ({ id }))
// @ts-expect-error A cached answer has another type.
app.get('/wrong-page', ({ request }) => wrongAnswer([], request.url, undefined), listed)

const misnamed = route({ ...common, answers: { 200: 'Bett' }, problems: [] })
// @ts-expect-error There is no such model.
app.get('/unknown-model', () => bet, misnamed)

// @ts-expect-error There is no such problem code.
route({ ...common, answers: { 200: 'Bet' }, problems: ['BET_NOT_FUOND'] })
// @ts-expect-error This service has no operators.
route({ ...common, access: 'operator', answers: { 200: 'Bet' }, problems: [] })
// @ts-expect-error A parser of its own would read the body before the guard.
route({ ...common, answers: { 200: 'Bet' }, problems: [], parse: 'json' })
// @ts-expect-error It does not say who may call it.
route({ operationId: 'op', summary: 'A', query: NoQuery, answers: { 200: 'Bet' }, problems: [] })
