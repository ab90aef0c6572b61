import { expect, test } from 'bun:test'
import { killNow, systemDuringTests } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'

const TOKENS = {
  OPERATOR_TOKENS: 'op:an-operators-token',
  CLIENT_TOKENS: 'ann:ann-s-token,bob:bob-s-token',
}
const SEED = '42'

const system = systemDuringTests({ ...TOKENS, REQUEST_RATE_MAX: '100000' })

/** Runs the command as a user does, tokens in the environment; `words` override its size. */
function simulate(words: readonly string[] = [], env: Record<string, string> = TOKENS) {
  const urls = ['--line', system.lineUrl, '--bets', system.betsUrl]
  const size = [
    '--seed',
    SEED,
    '--seconds',
    '8',
    '--events',
    '40',
    '--bettors',
    '200',
    '--patience',
    '20',
  ]
  const child = Bun.spawn([process.execPath, 'dev/simulate/main.ts', ...urls, ...size, ...words], {
    cwd: `${import.meta.dir}/../..`,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let printed = ''
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const bytes of stream) printed += decoder.decode(bytes, { stream: true })
  }
  const reading = Promise.all([read(child.stdout), read(child.stderr)])
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    printed: () => printed,
    async ended() {
      const code = await child.exited
      await reading
      return { code, printed }
    },
  }
}

/** Resolves when bets of this run are stored. */
async function untilBetsAreAccepted(
  { printed }: ReturnType<typeof simulate>,
  atLeast = 20,
): Promise<string> {
  return await eventually(
    async () => {
      const [run] = /sim-[a-z0-9]+/.exec(printed()) ?? []
      if (run === undefined) throw new Error(`no run yet: ${printed()}`)
      const [row] = await system.betSql<{ count: number }[]>`
        select count(*)::int as count from bets where event_id like ${`${run}.%`}`
      expect(row?.count).toBeGreaterThan(atLeast)
      return run
    },
    { withinMs: 10_000 },
  )
}

test('two clients: every cent accounted for, no colours without a terminal', async () => {
  const { code, printed } = await simulate().ended()
  expect(printed).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
  expect(printed).toMatch(/Match day sim-\w+, seed 42, 8 s\n/)
  for (const row of [
    'events +40',
    'bets +[1-9]',
    'double clicks +[1-9]',
    'corrections +1[0-9] +[1-9][0-9,]* bets settled again',
  ])
    expect(printed).toMatch(new RegExp(`^ +${row}`, 'm'))
  const [, bets, read, histories] =
    /^ +bets +([\d,]+)[\s\S]*read back +([\d,]+) +bets and ([\d,]+) histories/m.exec(printed) ?? []
  expect([read, histories]).toEqual([bets, bets])
  expect(printed).not.toContain('\x1b')
})

test.each<[string, (run: string) => Promise<unknown>, RegExp]>([
  [
    'a stake is raised by a cent',
    (run) => system.betSql`
      update bets set sum_cents = sum_cents + 1
      where id = (select max(id) from bets where event_id like ${`${run}.%`})
      returning id, event_id`,
    /✗ bet ID on EVENT: sum is [\d.]+, should be [\d.]+\n/,
  ],
  [
    'a bet is deleted',
    (run) => system.betSql`
      delete from bets
      where id = (select max(id) from bets where event_id like ${`${run}.%`})
      returning id, event_id`,
    /✗ bet ID on EVENT is missing: accepted for [\d.]+ with key /,
  ],
  [
    'a bet is inserted',
    (run) => system.betSql`
      insert into bets (id, event_id, sum_cents, coefficient_hundredths, event_version,
                        applied_version, state, payout_cents, settled_at, created_at, client,
                        accept_odds)
      select nextval('bets_id_seq'), event_id, sum_cents, coefficient_hundredths, event_version,
             applied_version, state, payout_cents, settled_at, created_at, client, accept_odds
      from bets where id = (select max(id) from bets where event_id like ${`${run}.%`})
      returning id, event_id`,
    /✗ bet ID on EVENT is not from this run: /,
  ],
])('exits 1 and names the bet when %s during the run', async (_, damage, expected) => {
  const running = simulate(['--seconds', '4', '--patience', '10'])
  const [changed] = (await damage(await untilBetsAreAccepted(running))) as {
    id: number
    event_id: string
  }[]
  const { code, printed } = await running.ended()
  const named = expected.source
    .replace('ID', String(changed?.id))
    .replace('EVENT', String(changed?.event_id))
  expect(printed).toMatch(new RegExp(named))
  expect(printed).toMatch(/ mismatch(es)?\. Repeat the plan with --seed 42\./)
  expect(code).toBe(1)
})

test('bet-maker is killed and restarted: unknown outcomes are looked up, no mismatch', async () => {
  const running = simulate()
  await untilBetsAreAccepted(running)
  await killNow(system.bets)
  await Bun.sleep(1_500)
  await system.restart('bets')
  const { code, printed } = await running.ended()
  expect(printed).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
  const [, seconds] = /no bets accepted +([\d.]+) s {2}longest of/.exec(printed) ?? []
  expect(Number(seconds)).toBeGreaterThanOrEqual(1.5)
  expect(printed).toMatch(/no answer × [1-9]/)
  expect(printed).toMatch(/retries +[1-9]/)
})

test('rate-limited requests are retried when allowed, also during the reconciliation', async () => {
  const slow = await system.spawn('bets', { REQUEST_RATE_MAX: '60' })
  await slow.waitReady()
  const { code, printed } = await simulate([
    '--bets',
    slow.url,
    '--seconds',
    '5',
    '--bettors',
    '400',
  ]).ended()
  expect(printed).toMatch(/429 RATE_LIMITED × [1-9]/)
  expect(printed).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
})

test('Ctrl-C ends the run cleanly and prints the results so far', async () => {
  const running = simulate(['--seconds', '60'])
  await untilBetsAreAccepted(running)
  const askedMs = performance.now()
  running.kill('SIGINT')
  const { code, printed } = await running.ended()
  expect(performance.now() - askedMs).toBeLessThan(4_000)
  expect(code).toBe(130)
  expect(printed).toMatch(/^ +bets +[1-9]/m)
  expect(printed).toContain('Interrupted before reconciliation')
  expect(printed).not.toContain('✓')
})

test.each([
  ['no token', {}, [], '--operator-token'],
  ['an invalid token', TOKENS, ['--client-token', 'nobody-s'], 'a valid token: use --client-token'],
  [
    'an operator token for a client',
    TOKENS,
    ['--client-token', 'an-operators-token'],
    '--client-token',
  ],
  ['an unknown option', TOKENS, ['--colour', 'red'], 'unknown option --colour'],
])('refuses to start with %s and exits 2', async (_, env, words, expected) => {
  const { code, printed } = await simulate(words, env as Record<string, string>).ended()
  expect(printed).toContain(expected)
  expect(printed).not.toContain('-s-token')
  expect(code).toBe(2)
})
