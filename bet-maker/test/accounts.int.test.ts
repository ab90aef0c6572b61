import { describe, expect, test } from 'bun:test'
import { json, send } from '../../dev/testing/http.ts'
import { lineEvent } from '../../dev/testing/line-event.ts'
import { useMoney } from './money-app.ts'

const { db, transfer, bet, settle, balance } = await useMoney()
const entries = async (account = 'anna') =>
  (
    await json<{ kind: string; amount: string; balance: string }[]>(
      await send(db.app, 'GET', `/accounts/${account}/entries`),
    )
  ).map(({ kind, amount, balance }) => `${kind} ${amount} ${balance}`)
const problem = async (answer: Response) => {
  const { code, balance } = await json<{ code: string; balance?: string }>(answer)
  return [answer.status, code, balance]
}

describe('transfers', () => {
  test('the first deposit opens the account; a retry moves nothing', async () => {
    const first = await transfer('deposit', '100.00', 'anna', 'k-1')
    expect(first.status).toBe(201)
    const made = await json(first)
    expect(made).toEqual({
      id: expect.any(Number),
      account_id: 'anna',
      kind: 'deposit',
      amount: '100.00',
      balance: '100.00',
      created_at: expect.any(String),
    })
    await transfer('deposit', '1.00')
    const again = await transfer('deposit', '100.00', 'anna', 'k-1')
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
    expect(await json(again)).toEqual(made)
    expect(await balance()).toBe('101.00')
  })

  test('concurrent retries of one deposit move it once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => transfer('deposit', '5.00', 'anna', 'same')),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(63).fill(200), 201])
    expect(await balance()).toBe('5.00')
  })

  test('a key is not taken for another amount, kind or account, and opens no account', async () => {
    await transfer('deposit', '10.00', 'anna', 'k-1')
    const others = await Promise.all([
      transfer('deposit', '10.01', 'anna', 'k-1'),
      transfer('withdrawal', '10.00', 'anna', 'k-1'),
      transfer('deposit', '10.00', 'bert', 'k-1'),
    ])
    for (const answer of others)
      expect(await problem(answer)).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', undefined])
    const racing = await Promise.all(
      ['carl', 'dora', 'emil'].map((account) => transfer('deposit', '1.00', account, 'k-2')),
    )
    expect(racing.map(({ status }) => status).sort()).toEqual([201, 422, 422])
    expect(await db.sql`select from accounts`).toHaveLength(2)
  })

  test('a withdrawal takes no more than there is, however many come at once', async () => {
    expect(await problem(await transfer('withdrawal', '1.00'))).toEqual([
      404,
      'ACCOUNT_NOT_FOUND',
      undefined,
    ])
    await transfer('deposit', '10.00')
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => transfer('withdrawal', '0.70')),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(14)
    expect(await problem(await transfer('withdrawal', '0.21'))).toEqual([
      409,
      'INSUFFICIENT_FUNDS',
      '0.20',
    ])
    expect(await transfer('withdrawal', '0.20')).toMatchObject({ status: 201 })
    expect(await balance()).toBe('0.00')
  })

  test('an amount is taken to the cent, or refused', async () => {
    const ask = (amount: unknown, key: string) =>
      send(
        db.app,
        'POST',
        '/transfers',
        { account_id: 'anna', kind: 'deposit', amount },
        { 'Idempotency-Key': key },
      )
    for (const amount of [2 ** 46 - 0.01, '70368744177664.01', '90071992547409.91'])
      expect(await json(await ask(amount, `k-${amount}`))).toMatchObject({ amount: `${amount}` })
    for (const amount of [2 ** 46 + 0.02, 8e13, '90071992547409.92', 0.001, 0])
      expect((await ask(amount, `k-${amount}`)).status).toBe(422)
  })

  test('the key is required', async () => {
    const body = { account_id: 'anna', kind: 'deposit', amount: '1.00' }
    expect(await problem(await send(db.app, 'POST', '/transfers', body))).toEqual([
      422,
      'VALIDATION_FAILED',
      undefined,
    ])
  })
})

describe('bets with an account', () => {
  test('take the stake, and are paid, corrected and refunded', async () => {
    await transfer('deposit', '100.00')
    expect(await json(await bet('12.50'))).toMatchObject({ account_id: 'anna', sum: '12.50' })
    expect(await balance()).toBe('87.50')
    expect(await problem(await transfer('withdrawal', '87.51'))).toEqual([
      409,
      'INSUFFICIENT_FUNDS',
      '87.50',
    ])
    await settle(2, 'FINISHED_WIN')
    await settle(3, 'FINISHED_LOSE')
    await settle(4, 'CANCELLED')
    await db.apply(lineEvent('m-1', { coefficient: '1.50', version: 5 }))
    await db.settle()
    await settle(6, 'FINISHED_WIN')
    expect(await entries()).toEqual([
      'payout 18.75 106.25',
      'correction -12.50 87.50',
      'correction 12.50 100.00',
      'correction -18.75 87.50',
      'payout 18.75 106.25',
      'stake -12.50 87.50',
      'deposit 100.00 100.00',
    ])
  })

  test('64 connections bet no more than the balance', async () => {
    await transfer('deposit', '10.00')
    const answers = await Promise.all(Array.from({ length: 64 }, () => bet('0.30')))
    const taken = answers.filter(({ status }) => status === 201).length
    expect(taken).toBe(33)
    expect(await balance()).toBe('0.10')
    expect(await problem(await bet('0.11'))).toEqual([409, 'INSUFFICIENT_FUNDS', '0.10'])
  })

  test('a refused bet is not charged, and neither is a replay', async () => {
    await transfer('deposit', '10.00')
    const first = await bet('4.00', 'anna', 'k')
    const replays = await Promise.all([1, 2, 3].map(() => bet('4.00', 'anna', 'k')))
    expect([first.status, ...replays.map(({ status }) => status)]).toEqual([201, 200, 200, 200])
    // In one batch with a bet that is placed.
    const request = { event_id: 'm-1', accept_odds: 'any', client: '', account_id: 'anna' }
    const batch = JSON.stringify([
      { ...request, request: 0, sum_cents: 400, key: 'k' },
      { ...request, request: 1, sum_cents: 100, key: 'k-2' },
    ])
    expect(await db.sql`select from place_bets(${batch}, 20000)`).toHaveLength(1)
    expect(await balance()).toBe('5.00')
    await transfer('deposit', '10.00', 'bert')
    expect(await problem(await bet('4.00', 'bert', 'k'))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
      undefined,
    ])
    await settle(2, 'CANCELLED')
    expect((await bet('1.00')).status).toBe(409)
    expect([await balance(), await balance('bert')]).toEqual(['10.00', '10.00'])
  })

  test('a correction may leave less than nothing, and then no bet and no withdrawal', async () => {
    await transfer('deposit', '10.00')
    await bet('10.00')
    await settle(2, 'FINISHED_WIN')
    await transfer('withdrawal', '15.00')
    await settle(3, 'FINISHED_LOSE')
    expect(await balance()).toBe('-15.00')
    await db.apply(lineEvent('m-2', {}))
    const more = { event_id: 'm-2', bet_sum: '0.01', account_id: 'anna' }
    expect(await problem(await db.post(more))).toEqual([409, 'INSUFFICIENT_FUNDS', '-15.00'])
    expect(await problem(await transfer('withdrawal', '0.01'))).toEqual([
      409,
      'INSUFFICIENT_FUNDS',
      '-15.00',
    ])
    await transfer('deposit', '15.01')
    expect((await db.post(more)).status).toBe(201)
  })

  test('an unknown account is refused last', async () => {
    expect(await problem(await bet('1.00', 'nobody'))).toEqual([
      404,
      'ACCOUNT_NOT_FOUND',
      undefined,
    ])
    const changed = { event_id: 'm-1', bet_sum: 1, coefficient: '9.00', account_id: 'nobody' }
    expect(await problem(await db.post(changed))).toEqual([409, 'ODDS_CHANGED', undefined])
  })
})
