import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../testing/eventually.ts'
import { killNow, System } from './system.ts'

const MAX_AGE_MS = 1_200
const MINUTE_S = 60
const SLACK_MS = 10_000

/** A `clock_timestamp` of the first schema is found before the server's own. */
const SEARCH_PATH = 'shifted, pg_catalog, public'

const system = new System()
beforeAll(async () => {
  await system.create({
    FEED_SYNC_INTERVAL_MS: '200',
    FEED_MAX_AGE_MS: String(MAX_AGE_MS),
    LOG_LEVEL: 'warn',
  })
  for (const setting of ['LINE_DATABASE_URL', 'BET_DATABASE_URL']) {
    const url = new URL(system.env[setting] as string)
    url.searchParams.set('search_path', SEARCH_PATH)
    system.env[setting] = url.href
  }
  await system.launch()
  await Promise.all(system.processes.map((process) => process.waitReady()))
})
afterAll(() => system.stop())

/**
 * Shifts a database's clock: statements and functions find a `clock_timestamp` that differs from
 * the server's. The sessions are terminated, because they know what they have found. Leases stay as
 * they are, as after a jump of the clock.
 */
async function shiftClock(sql: System['betSql'], minutes: number): Promise<void> {
  await sql.unsafe(`
    create schema if not exists shifted;
    grant usage on schema shifted to public;
    create or replace function shifted.clock_timestamp() returns timestamptz
      language sql volatile
      as $$ select pg_catalog.clock_timestamp() + interval '${minutes} minutes' $$;
    -- Functions with their owner's rights have a search path of their own.
    do $$
    declare
      pinned regprocedure;
    begin
      for pinned in
        select oid from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
      loop
        execute format('alter function %s set search_path = ${SEARCH_PATH}', pinned);
      end loop;
    end $$`)
  // This terminates the test's own sessions too, so the statement fails. Its own comes last.
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() order by pid = pg_backend_pid()`.catch(() => {})
  await eventually(() => sql`select 1`)
}

const nowS = () => Math.floor(Date.now() / 1_000)
const bet = (event_id: string) => system.place(event_id)

/** The gate is open while feed syncs succeed, closes without them and opens with the next one. */
async function expectGateFollowsFeedSyncs(event_id: string): Promise<void> {
  await eventually(async () =>
    expect((await fetch(`${system.betsUrl}/health/ready`)).status).toBe(200),
  )
  for (let attempt = 0; attempt < 5; attempt++) {
    const { feed_age_ms } = await system.get('/health/ready')
    expect(feed_age_ms).toBeWithin(0, MAX_AGE_MS)
    expect((await bet(event_id)).status).toBe(201)
    await Bun.sleep(60)
  }
  await killNow(system.worker)
  const killedMs = performance.now()
  await eventually(async () => expect((await bet(event_id)).body.code).toBe('FEED_DOWN'))
  const closedMs = performance.now() - killedMs
  expect(closedMs).toBeWithin(MAX_AGE_MS - 600, MAX_AGE_MS + 400)
  system.worker = await system.spawn('worker')
  await eventually(async () => expect((await bet(event_id)).status).toBe(201))
}

/** Of two bets, one after the result, exactly that one is void. */
async function expectLateBetsVoid(event_id: string, before: number): Promise<void> {
  const early = await system.bet(event_id)
  const measured = () => system.betSql`select from feed_position where line_offset_us is not null`
  await eventually(async () => expect(await measured()).toHaveLength(1))
  // It must not be a matter of milliseconds which of them is late.
  await Bun.sleep(100)
  system.worker.kill('SIGSTOP')
  await system.change({ event_id, state: 'FINISHED_WIN' })
  await Bun.sleep(100)
  const late = await system.bet(event_id)
  system.worker.kill('SIGCONT')
  for (const id of [before, early]) await system.becomes(id, { state: 'WIN' })
  await system.becomes(late, { state: 'VOID' })
}

for (const [which, minutes] of [
  ['bet_db', 5],
  ['bet_db', -5],
  ['line_db', 5],
  ['line_db', -5],
] as const)
  test(`F23 F44 ${which}'s clock ${minutes} min off: deadlines, late bets`, async () => {
    const sql = which === 'bet_db' ? system.betSql : system.lineSql
    const before = `${which}${minutes}-before`
    await eventually(() => system.open(before))
    const early = await eventually(() => system.bet(before))
    await shiftClock(sql, minutes)
    const offMs = which === 'bet_db' ? minutes * MINUTE_S * 1_000 : 0
    const put = (event_id: string, deadline: number) =>
      eventually(() => system.open(event_id, { deadline }))
    const name = `${which}${minutes}`
    // One deadline in the future by both clocks, and one on either side of bet_db's current time.
    await put(`${name}-open`, nowS() + 3_600)
    await put(`${name}-ahead`, nowS() + offMs / 1_000 + MINUTE_S)
    await put(`${name}-behind`, nowS() + offMs / 1_000 - MINUTE_S)

    await eventually(async () => expect((await bet(`${name}-open`)).status).toBe(201))
    await expectGateFollowsFeedSyncs(`${name}-open`)
    const { status, body } = await bet(`${name}-ahead`)
    expect(status).toBe(201)
    expect(Math.abs(Date.parse(String(body.created_at)) - Date.now() - offMs)).toBeLessThan(
      SLACK_MS,
    )
    expect(await bet(`${name}-behind`)).toMatchObject({
      status: 409,
      body: { code: 'EVENT_NOT_OPEN', reason: 'deadline_passed' },
    })

    await system.put({ event_id: `${name}-open`, state: 'FINISHED_WIN' })
    await eventually(async () =>
      expect((await bet(`${name}-open`)).body).toMatchObject({
        code: 'EVENT_NOT_OPEN',
        reason: 'ended',
      }),
    )
    await expectLateBetsVoid(before, early)
    await system.atRest()
    await shiftClock(sql, 0)
  })
