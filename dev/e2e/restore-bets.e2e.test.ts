import { expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { eventually } from '../testing/eventually.ts'
import { summarise } from '../traffic/answered.ts'
import { send } from '../traffic/client.ts'
import { expectBetsOnce } from '../traffic/invariants.ts'
import { closedMs, replacedBy } from './backups.ts'
import { BETTORS, EVENTS, restorableDuringTests } from './restorable-system.ts'

const FEED_SYNC_INTERVAL_MS = 500

const system = restorableDuringTests(FEED_SYNC_INTERVAL_MS)

const bet = (event_id: string, key: string = crypto.randomUUID(), more: object = {}) =>
  send(
    'POST',
    `${system.betsUrl}/bet`,
    { event_id, bet_sum: '10.00', ...more },
    { 'idempotency-key': key },
  )
const ofAnna = { account_id: 'anna' }
const deposit = async (amount: string, key: string) => {
  const body = { ...ofAnna, kind: 'deposit', amount }
  const headers = { 'idempotency-key': key }
  const answer = await send('POST', `${system.betsUrl}/transfers`, body, headers)
  return { status: answer.status, ...answer.body } as { status: number; id: number }
}
const account = async () => ({
  balance: (await system.get('/accounts/anna')).balance,
  entries: (await system.get('/accounts/anna/entries')) as unknown as Entry[],
})

interface Entry {
  id: number
  kind: string
  amount: string
  balance: string
}

/** The ids of the bets in a database of the server, by their keys. */
async function betsIn(database: string): Promise<Map<string, number>> {
  const sql = connectDatabase(system.urlOf(database), { max: 1, applicationName: 'test' })
  const rows = await sql<{ key: string; id: number }[]>`
    select idempotency_key as key, id from bets where idempotency_key is not null`
  await sql.end({ timeout: 1 })
  return new Map(rows.map(({ key, id }) => [key, id]))
}

test('F24 older bet_db restored under load: no bets before a feed sync, no id reused', async () => {
  await system.open('result')
  const deposited = await deposit('100.00', 'before')
  expect(deposited).toMatchObject({ status: 201, balance: '100.00' })
  const placed = await bet('result', 'before', ofAnna)
  expect(placed.status).toBe(201)
  const load = system.startBettors()
  await eventually(() => expect(load.accepted.size).toBeGreaterThan(2 * BETTORS))
  const backedUp = new Map(load.accepted)
  const backup = await system.backups.make()

  // After the backup: more bets, and a result.
  const goneDeposit = await deposit('50.00', 'after')
  const gone = await bet('result', 'after', ofAnna)
  await system.put({ event_id: 'result', state: 'FINISHED_WIN' })
  await eventually(async () =>
    expect(await system.get(`/bets/${gone.body.id}`)).toMatchObject({ state: 'WIN' }),
  )
  const replacedAccount = await account()
  expect(replacedAccount).toMatchObject({ balance: '160.00' })
  await eventually(() => expect(load.accepted.size).toBeGreaterThan(backedUp.size + 4 * BETTORS))
  const output = await system.backups.restore(backup, 'bet')
  const restoredAtMs = performance.now()
  console.log(output)
  await eventually(() =>
    expect(
      load.answers.some(({ askedAtMs, status }) => askedAtMs > restoredAtMs && status === 201),
    ).toBe(true),
  )
  const openMs = performance.now() - restoredAtMs
  await Bun.sleep(500)
  await load.stop()

  const replaced = await betsIn(replacedBy(output))
  const lastId = Math.max(...replaced.values())
  const remaining = new Map<string, number>()
  const discarded: string[] = []
  for (const [key, id] of load.accepted) {
    if (id > lastId || backedUp.has(key)) remaining.set(key, id)
    else if (replaced.get(key) === id) discarded.push(key)
    else throw new Error(`bet ${id} is neither restored, new nor in the replaced database`)
  }
  expect(discarded.length).toBeGreaterThan(0)
  remaining.set('before', Number(placed.body.id))
  await system.atRest(10_000, remaining)
  expect(await system.get(`/bets/${placed.body.id}`)).toMatchObject({
    state: 'WIN',
    payout: '15.00',
  })

  // The account is what it was, and what the bet won. What was deposited since can be repeated.
  const money = await account()
  expect(money.balance).toBe('105.00')
  const moves = money.entries.map(({ kind, amount, balance }) => `${kind} ${amount} ${balance}`)
  expect(moves).toEqual(['payout 15.00 105.00', 'stake -10.00 90.00', 'deposit 100.00 100.00'])
  const [lastEntry] = replacedAccount.entries
  expect(money.entries[0]?.id).toBeGreaterThan((lastEntry?.id as number) + 1_000_000)
  expect(await deposit('100.00', 'before')).toEqual({ ...deposited, status: 200 })
  const repeated = await deposit('50.00', 'after')
  expect(repeated).toMatchObject({ status: 201, balance: '155.00' })
  expect(repeated.id).toBeGreaterThan(goneDeposit.id + 1_000_000)

  // Bets placed after the backup are only in the replaced database; their ids are never reused.
  expect((await fetch(`${system.betsUrl}/bets/${gone.body.id}`)).status).toBe(404)
  expect(replaced.get('after')).toBe(Number(gone.body.id))
  const newIds = [...load.accepted.values()].filter((id) => id > lastId)
  expect(Math.min(...newIds)).toBeGreaterThan(lastId + 1_000_000)
  const { longestMs, counts } = summarise(load.answers)
  expect(
    Object.keys(counts).filter(
      (a) => !/^(201|409 .*|503 (FEED_DOWN|DATABASE_UNAVAILABLE))$/.test(a),
    ),
  ).toEqual([])
  expect(Object.keys(counts)).toContain('503 FEED_DOWN')
  console.log(
    `bet_db closed for ${closedMs(output)} ms; first bet ${openMs.toFixed(0)} ms after; ` +
      `longest answer ${longestMs} ms; ${JSON.stringify(counts)}`,
  )
}, 60_000)

test('F24 same backup of bet_db restored twice: ids skip those assigned in between', async () => {
  const syncs = async () =>
    (await system.betSql<[{ count: number }]>`select pass as count from feed_position`)[0].count
  const backup = await system.backups.make()
  const before = await syncs()
  await system.backups.restore(backup, 'bet')
  // A feed sync begun at this number or an earlier one can no longer complete.
  expect(await syncs()).toBeGreaterThan(before + 1_000_000)
  const ids: number[] = []
  const placed = () =>
    eventually(async () => {
      const { status, body } = await bet('r-1')
      expect(status).toBe(201)
      ids.push(Number(body.id))
    })
  await placed()
  await system.backups.restore(backup, 'bet')
  await placed()
  expect(ids[1]).toBeGreaterThan((ids[0] as number) + 1_000_000)
}, 60_000)

test('F24 a backup whose ledger is a cent off is restored, and the account is named', async () => {
  expect(await deposit('1.00', 'a-cent-off')).toMatchObject({ status: 201 })
  const { balance } = await account()
  const addCents = (cents: number) =>
    system.betSql`update accounts set balance_cents = balance_cents + ${cents}::integer
                  where account_id = 'anna'`
  await addCents(1)
  const backup = await system.backups.make()
  await addCents(-1)
  const { code, output } = await system.backups.start('restore.sh', [backup, 'bet'], { yes: '1' })
    .done
  const cents = Math.round(Number(balance) * 100)
  expect(output).toContain(`account anna: it holds ${cents + 1}, its entries come to ${cents}`)
  expect(output).toContain('What to do now: docs/operations.md#backups.')
  expect(output).toContain(`To bring it back:  make restore from=${replacedBy(output)} only=bet`)
  expect(code).toBe(1)
  const putBack = await system.backups.restore(replacedBy(output), 'bet')
  expect(putBack).toContain('The ledger adds up')
  expect(await account()).toMatchObject({ balance })
}, 60_000)

test('F24 line and bets both restored under load: consistent, bets accepted again', async () => {
  const load = system.startBettors()
  await eventually(() => expect(load.accepted.size).toBeGreaterThan(2 * BETTORS))
  const backedUp = new Map(load.accepted)
  const backup = await system.backups.make()
  await system.open('lost')
  await bet('lost')
  await system.put({ event_id: 'r-0', state: 'FINISHED_LOSE' })
  const { code, output } = await system.backups.start('restore.sh', [backup], { yes: '1' }).done
  expect(output).toContain('done')
  expect(code).toBe(0)
  await eventually(async () =>
    expect((await bet('r-1')).body).toMatchObject({ code: 'EVENT_NOT_OPEN', reason: 'suspended' }),
  )
  for (let event = 0; event < EVENTS; event++)
    expect((await system.put({ event_id: `r-${event}`, suspended: false })).status).toBe(200)
  await eventually(async () => expect((await bet('r-0')).status).toBe(201))
  await load.stop()
  // Neither database has the event created after the backup: the copy equals the line again.
  await system.atRest(10_000)
  await expectBetsOnce(system, backedUp)
}, 60_000)
