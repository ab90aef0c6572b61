import { expect, test } from 'bun:test'
import { AccountBook } from './account-book.ts'
import { closingLines } from './closing-view.ts'
import { Day, Findings } from './day.ts'
import { factsOf } from './facts.ts'
import { liveLines, plainLine } from './live-view.ts'
import { readOptions } from './options.ts'
import { type Screen, Terminal } from './terminal.ts'
import { painter, showAmount, showMs, sparkline } from './text.ts'

const options = readOptions([], {}, 4_294_967_295)
if (options === undefined) throw new Error('no options')
const day = new Day(options, 'sim-mwtpkhvu87b')
day.tally.accepted = 1_204_511
day.tally.turnoverCents = 123_456_789_012n
day.tally.count('201')
day.tally.count('409 EVENT_NOT_OPEN')
day.tally.feedAgeMs = null
Object.assign(day.tally, { depositedCents: 500_000n, withdrawnCents: 120_000n, broke: 7 })
const facts = factsOf(day)
const perSecond = Array.from({ length: 60 }, (_, second) => second * 50)

const visible = (line: string) => Bun.stringWidth(line)

test.each([40, 60, 79, 200])(
  'a screen of %d columns: no line is wider, nothing is missing',
  (columns) => {
    const lines = liveLines(facts, perSecond, columns, painter(true))
    for (const line of lines) expect(visible(line)).toBeLessThanOrEqual(columns)
    const text = Bun.stripANSI(lines.join('\n'))
    for (const shown of [
      'accepted 1,204,511',
      'turnover 1,234,567,890.12',
      'deposits 5,000.00',
      'refused for funds 7',
      'feed age none',
      '409 EVENT_NOT_OPEN 1',
      'left',
    ])
      expect(text).toContain(shown)
  },
)

test('without colours there are no escape sequences', () => {
  const lines = [
    ...liveLines(facts, perSecond, 80, painter(false)),
    plainLine(facts, 12),
    ...closingLines(
      { facts, findings: new Findings(), staleAcceptedMs: 3, interrupted: false },
      painter(false),
    ),
  ]
  expect(lines.join('\n')).not.toContain('\x1b')
  expect(plainLine(facts, 12)).toContain('bets 1,204,511 (12/s)')
})

test('the closing screen lists mismatches, how many more there are, and the seed', () => {
  const findings = new Findings()
  for (let number = 0; number < 23; number++) findings.add(`bet ${number} is missing`)
  const text = closingLines(
    { facts, findings, staleAcceptedMs: 0, interrupted: false },
    painter(false),
  ).join('\n')
  expect(text).toContain('✗ bet 19 is missing\n    and 3 more')
  expect(text).toContain('23 mismatches. Repeat the plan with --seed 4294967295.')
  expect(text).not.toContain('✓')
})

test('the closing screen has the money in accounts, once it has been read back', () => {
  const [book] = day.books
  if (book === undefined) throw new Error('no event')
  const account = new AccountBook(0, 'sim-1.0')
  account.transfers.set(3, {
    ...{ account, kind: 'deposit', cents: 500_000, key: 'sim-1.0.0', wasFirst: true },
    made: undefined,
  })
  day.accounts.push(account)
  book.accountStakeCents = 30_000n
  const shown = () =>
    closingLines(
      { facts: factsOf(day), findings: new Findings(), staleAcceptedMs: 0, interrupted: false },
      painter(false),
    ).join('\n')
  expect(shown()).not.toContain('balances')
  Object.assign(day.reconciled, { accounts: 1, balanceCents: 400_000n, belowZero: 1 })
  const text = shown()
  expect(text).toMatch(/deposits +5,000\.00[\s\S]*withdrawals +1,200\.00/)
  expect(text).toMatch(/balances +4,000\.00 +held, 1 of them below zero\n +pending stakes +300\.00/)
  expect(text).toMatch(/house profit\/loss +−500\.00 +what is left of the deposits/)
})

test('after Ctrl-C the closing screen shows the results so far, not reconciled', () => {
  const early = {
    ...facts,
    elapsedS: 6,
    bets: { ...facts.bets, accepted: 600 },
    events: { ...facts.events, open: 7 },
  }
  const closing = { facts: early, findings: new Findings(), staleAcceptedMs: 0, interrupted: true }
  const text = closingLines(closing, painter(false)).join('\n')
  expect(text).toMatch(/events +7 /)
  expect(text).toMatch(/bets +600 +100 a second/)
  expect(text).toContain('Interrupted before reconciliation')
  expect(text).not.toContain('✓')
})

test('amounts, times and charts', () => {
  expect([0n, 5n, 100_000n, -123_456_789n].map(showAmount)).toEqual([
    '0.00',
    '0.05',
    '1,000.00',
    '−1,234,567.89',
  ])
  expect([0.04, 9.96, 10, 999.4, 61_234].map(showMs)).toEqual([
    '0.0 ms',
    '10.0 ms',
    '10 ms',
    '999 ms',
    '61.2 s',
  ])
  expect([sparkline([0, 1, 2], 30), sparkline([9, 1, 2], 2), sparkline([1], 0)]).toEqual([
    '▁▅█',
    '▅█',
    '',
  ])
})

async function shownOn(screen: Omit<Screen, 'write'>, noColour: boolean): Promise<string> {
  let written = ''
  const terminal = new Terminal(
    () => facts,
    { ...screen, write: (text) => (written += text) },
    noColour,
  )
  terminal.start()
  await Bun.sleep(600)
  terminal.stop()
  return written
}

test.each([
  { columns: 0, rows: 0 },
  { columns: 30, rows: 6 },
  { columns: 200, rows: 50 },
])('the display is redrawn in place, fits the screen and restores the cursor: %p', async (size) => {
  const written = await shownOn({ isTTY: true, ...size }, true)
  const frames = written.split('\x1b[J').slice(1)
  expect(frames.length).toBeGreaterThanOrEqual(3)
  for (const frame of frames) {
    const lines = Bun.stripANSI(frame).trimEnd().split('\n')
    expect(lines.length).toBeLessThan(size.rows || 24)
  }
  expect(written).toStartWith('\x1b[?25l')
  expect(written).toEndWith('\x1b[?25h')
  expect(written).not.toContain('\x1b[1m')
  const height = frames[0]?.split('\r')[0]?.split('\n').length ?? 0
  expect(written).toContain(`\r\x1b[${height - 1}A\x1b[J`)
})

test('colours are for terminals only', async () => {
  expect(await shownOn({ isTTY: true, columns: 80, rows: 24 }, false)).toContain('\x1b[1m')
  expect(await shownOn({ isTTY: false }, false)).not.toContain('\x1b')
})
