import { expect, test } from 'bun:test'
import { startCommand } from '../e2e/command.ts'
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
  const size = ['--seed', SEED, '--seconds', '8', '--events', '40', '--bettors', '200']
  return startCommand(
    [process.execPath, 'dev/simulate/main.ts', ...urls, ...size, '--patience', '20', ...words],
    env,
  )
}

/** `bun run check-ledger` on the database that the runs were played on. */
const checkLedger = () =>
  startCommand([process.execPath, 'bet-maker/src/check-ledger.ts'], {
    BET_DATABASE_URL: system.env.BET_DATABASE_URL ?? '',
  }).done

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
  const { code, output } = await simulate().done
  expect(output).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
  expect(output).toMatch(/Match day sim-\w+, seed 42, 8 s\n/)
  for (const row of [
    'events +40',
    'bets +[1-9]',
    'double clicks +[1-9]',
    'corrections +1[0-9] +[1-9][0-9,]* bets settled again',
    'refused for funds +[1-9].* [1-9][0-9,]* topped up',
    'accounts +[1-9]',
    'deposits +[1-9]',
    'withdrawals +[0-9]',
    'balances +[1-9]',
  ])
    expect(output).toMatch(new RegExp(`^ +${row}`, 'm'))
  const [, bets, read, histories] =
    /^ +bets +([\d,]+)[\s\S]*read back +([\d,]+) +bets and ([\d,]+) histories/m.exec(output) ?? []
  expect([read, histories]).toEqual([bets, bets])
  expect(output).not.toContain('\x1b')
  expect(await checkLedger()).toMatchObject({ code: 0 })
})

test('bet-maker is killed and restarted: unknown outcomes are looked up, no mismatch', async () => {
  const running = simulate()
  await untilBetsAreAccepted(running)
  await killNow(system.bets)
  await Bun.sleep(1_500)
  await system.restart('bets')
  const { code, output } = await running.done
  expect(output).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
  const [, seconds] = /no bets accepted +([\d.]+) s {2}longest of/.exec(output) ?? []
  expect(Number(seconds)).toBeGreaterThanOrEqual(1.5)
  expect(output).toMatch(/no answer × [1-9]/)
  expect(output).toMatch(/retries +[1-9]/)
  expect(await checkLedger()).toMatchObject({ code: 0 })
})

test('exits 1 and names a deleted bet and an account that was given a cent', async () => {
  const running = simulate(['--seconds', '4', '--patience', '10'])
  // So many that some are without an account.
  const run = await untilBetsAreAccepted(running, 40)
  const within = `${run}.%`
  const [deleted] = await system.betSql<{ id: number; event_id: string }[]>`
    delete from bets where id = (
      select max(id) from bets where event_id like ${within} and account_id is null
    ) returning id, event_id`
  const [changed] = await system.betSql<{ account_id: string }[]>`
    update accounts set balance_cents = balance_cents + 1 where (client, account_id) = (
      select client, account_id from accounts where account_id like ${within} limit 1
    ) returning account_id`
  const { code, output } = await running.done
  expect(output).toContain(`✗ bet ${deleted?.id} on ${deleted?.event_id} is missing: accepted for `)
  expect(output).toContain(`✗ account ${changed?.account_id} of client `)
  expect(output).toMatch(/ mismatch(es)?\. Repeat the plan with --seed 42\./)
  expect(code).toBe(1)
  const ledger = await checkLedger()
  expect([ledger.code, ledger.output]).toEqual([
    1,
    expect.stringContaining(`account ${changed?.account_id}: it holds `),
  ])
})

test('rate-limited requests are retried when allowed, also during the reconciliation', async () => {
  const slow = await system.spawn('bets', { REQUEST_RATE_MAX: '60' })
  await slow.waitReady()
  const { code, output } = await simulate([
    '--bets',
    slow.url,
    '--seconds',
    '3',
    '--bettors',
    '200',
  ]).done
  expect(output).toMatch(/429 RATE_LIMITED × [1-9]/)
  expect(output).toContain('✓ every cent accounted for')
  expect(code).toBe(0)
})

test('Ctrl-C ends the run cleanly and prints the results so far', async () => {
  const running = simulate(['--seconds', '60'])
  await untilBetsAreAccepted(running)
  const askedMs = performance.now()
  running.kill('SIGINT')
  const { code, output } = await running.done
  expect(performance.now() - askedMs).toBeLessThan(4_000)
  expect(code).toBe(130)
  expect(output).toMatch(/^ +bets +[1-9]/m)
  expect(output).toContain('Interrupted before reconciliation')
  expect(output).not.toContain('✓')
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
  const { code, output } = await simulate(words, env as Record<string, string>).done
  expect(output).toContain(expected)
  expect(output).not.toContain('-s-token')
  expect(code).toBe(2)
})
