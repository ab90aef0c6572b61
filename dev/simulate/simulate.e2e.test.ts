import { expect, test } from 'bun:test'
import { killNow, systemDuringTests } from '../e2e/system.ts'
import { eventually } from '../testing/eventually.ts'

const TOKENS = {
  OPERATOR_TOKENS: 'op:an-operators-token',
  CLIENT_TOKENS: 'ann:ann-s-token,bob:bob-s-token',
}
const SEED = '42'

const system = systemDuringTests({ ...TOKENS, REQUEST_RATE_MAX: '100000' })

/**
 * Runs the command as a user does, with the tokens in the environment; `words` replace its size.
 */
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
async function untilBetsAreTaken(
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

test('a match day of two clients: every cent accounted for, and shown without colours where there is no screen', async () => {
  const { code, printed } = await simulate().ended()
  expect(printed).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
  expect(printed).toMatch(/Match day sim-\w+, seed 42, 8 s\n/)
  for (const row of [
    'events +40',
    'bets +[1-9]',
    'double clicks +[1-9]',
    'corrections +1[0-9] +moved [1-9]',
  ])
    expect(printed).toMatch(new RegExp(`^ +${row}`, 'm'))
  const [, bets, read, histories] =
    /^ +bets +([\d,]+)[\s\S]*read back +([\d,]+) +bets, and ([\d,]+) of/m.exec(printed) ?? []
  expect([read, histories]).toEqual([bets, bets])
  expect(printed).not.toContain('\x1b')
})

test.each<[string, (run: string) => Promise<unknown>, RegExp]>([
  [
    'a cent more is staked',
    (run) => system.betSql`
      update bets set sum_cents = sum_cents + 1
      where id = (select max(id) from bets where event_id like ${`${run}.%`}) returning id, event_id`,
    /✗ bet ID on EVENT: sum is [\d.]+, should be [\d.]+\n/,
  ],
  [
    'a bet is gone',
    (run) => system.betSql`
      delete from bets
      where id = (select max(id) from bets where event_id like ${`${run}.%`}) returning id, event_id`,
    /✗ bet ID on EVENT is lost: taken for [\d.]+ with key /,
  ],
  [
    'a bet has come from nowhere',
    (run) => system.betSql`
      insert into bets (id, event_id, sum_cents, coefficient_hundredths, event_version,
                        applied_version, state, payout_cents, settled_at, created_at, client,
                        accept_odds)
      select nextval('bets_id_seq'), event_id, sum_cents, coefficient_hundredths, event_version,
             applied_version, state, payout_cents, settled_at, created_at, client, accept_odds
      from bets where id = (select max(id) from bets where event_id like ${`${run}.%`}) returning id, event_id`,
    /✗ bet ID on EVENT is none of ours: /,
  ],
])('exits 1 and names the bet when %s meanwhile', async (_, damage, expected) => {
  const running = simulate(['--seconds', '4', '--patience', '10'])
  const [changed] = (await damage(await untilBetsAreTaken(running))) as {
    id: number
    event_id: string
  }[]
  const { code, printed } = await running.ended()
  const named = expected.source
    .replace('ID', String(changed?.id))
    .replace('EVENT', String(changed?.event_id))
  expect(printed).toMatch(new RegExp(named))
  expect(printed).toMatch(/ off\. Run it again with --seed 42\./)
  expect(code).toBe(1)
})

test('bet-maker is killed and comes back: what nobody heard of is asked again, and nothing is off', async () => {
  const running = simulate()
  await untilBetsAreTaken(running)
  await killNow(system.bets)
  await Bun.sleep(1_500)
  await system.restart('bets')
  const { code, printed } = await running.ended()
  expect(printed).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
  const [, seconds] = /no bet went through +([\d.]+) s {2}longest of/.exec(printed) ?? []
  expect(Number(seconds)).toBeGreaterThanOrEqual(1.5)
  expect(printed).toMatch(/no answer × [1-9]/)
  expect(printed).toMatch(/tried again +[1-9]/)
})

test('requests beyond the rate are sent again when they may be, also while everything is read back', async () => {
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

test('Ctrl-C ends it in good order with what is known so far', async () => {
  const running = simulate(['--seconds', '60'])
  await untilBetsAreTaken(running)
  const askedMs = performance.now()
  running.kill('SIGINT')
  const { code, printed } = await running.ended()
  expect(performance.now() - askedMs).toBeLessThan(4_000)
  expect(code).toBe(130)
  expect(printed).toMatch(/^ +bets +[1-9]/m)
  expect(printed).toContain('Interrupted: nothing was read back')
  expect(printed).not.toContain('✓')
})

test.each([
  ['no token', {}, [], '--operator-token'],
  ['a token that is none', TOKENS, ['--client-token', 'nobody-s'], 'a valid one by --client-token'],
  [
    'a client that is an operator',
    TOKENS,
    ['--client-token', 'an-operators-token'],
    '--client-token',
  ],
  ['an option that is none', TOKENS, ['--colour', 'red'], 'there is no option --colour'],
])('does not begin with %s, says so and exits 2', async (_, env, words, expected) => {
  const { code, printed } = await simulate(words, env as Record<string, string>).ended()
  expect(printed).toContain(expected)
  expect(printed).not.toContain('-s-token')
  expect(code).toBe(2)
})
