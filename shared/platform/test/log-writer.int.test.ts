import { expect, test } from 'bun:test'
import { LogWriter } from '../src/process/log-writer.ts'

const LOG = new URL('../src/process/log.ts', import.meta.url).pathname
const LINES = 20_000

/** The standard error of a process that writes many lines and then ends by `ending`. */
async function linesUntil(
  ending: string,
): Promise<{ numbers: number[]; other: string; code: number }> {
  const script = `
    import { createLog } from ${JSON.stringify(LOG)}
    const log = createLog('test', 'info')
    for (let n = 0; n < ${LINES}; n++) log.info('line', { n })
    ${ending}`
  const child = Bun.spawn([process.execPath, '--eval', script], {
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const text = await new Response(child.stderr).text()
  const own = text.split('\n').filter((line) => line.startsWith('{"time"'))
  const other = text
    .split('\n')
    .filter((line) => !line.startsWith('{"time"'))
    .join('\n')
  return { numbers: own.map((line) => JSON.parse(line).n), other, code: await child.exited }
}

const all = Array.from({ length: LINES }, (_, n) => n)

for (const [name, ending, code] of [
  ['a process that has nothing more to do', '', 0],
  ['process.exit', 'process.exit(3)', 3],
  ['an uncaught error', 'throw new Error("uncaught")', 1],
  ['an uncaught error later', 'setTimeout(() => { throw new Error("uncaught") }, 1)', 1],
  ['an unhandled rejection', 'void Promise.reject(new Error("uncaught"))', 1],
] as const)
  test(`no line is lost or doubled, and their order stays: ${name}`, async () => {
    const end = await linesUntil(ending)
    expect(end.code).toBe(code)
    expect(end.numbers).toEqual(all)
    if (code === 1) expect(end.other).toContain('uncaught')
  })

/** A file descriptor that accepts `takes` bytes of each write; 0: it is full. */
function pipe(takes = Number.POSITIVE_INFINITY) {
  const writes: string[] = []
  const state = { writes, takes, text: () => writes.join('') }
  const write = (_descriptor: number, bytes: Uint8Array) => {
    if (state.takes === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
    const accepted = bytes.subarray(0, state.takes)
    writes.push(new TextDecoder().decode(accepted))
    return accepted.length
  }
  return { state, writer: new LogWriter(2, write) }
}

test('all lines of a tick are one write', async () => {
  const { state, writer } = pipe()
  for (const line of ['a\n', 'b\n', 'c\n']) writer.line(line)
  expect(state.writes).toEqual([])
  await Bun.sleep(5)
  writer.line('d\n')
  await Bun.sleep(5)
  expect(state.writes).toEqual(['a\nb\nc\n', 'd\n'])
})

test('an urgent line is written at once, after the waiting ones', () => {
  const { state, writer } = pipe()
  writer.line('before\n')
  writer.line('urgent\n', true)
  expect(state.writes).toEqual(['before\nurgent\n'])
})

test('partial writes arrive complete', async () => {
  const { state, writer } = pipe(3)
  writer.line('one line\n')
  writer.line('and another\n', true)
  expect(state.text()).toBe('one line\nand another\n')
})

test('without a reader, lines are buffered up to a limit, then dropped and counted', async () => {
  const { state, writer } = pipe(0)
  const line = `${'x'.repeat(1_023)}\n`
  for (let n = 0; n < 6_000; n++) writer.line(line)
  await Bun.sleep(50)
  for (let n = 0; n < 6_000; n++) writer.line(line)
  state.takes = Number.POSITIVE_INFINITY
  await Bun.sleep(100)
  const lines = state.text().trimEnd().split('\n')
  const kept = lines.filter((text) => text.startsWith('x')).length
  const said = lines.flatMap((text) => (text.startsWith('{') ? [JSON.parse(text)] : []))
  expect(kept).toBeWithin(4_000, 9_000)
  expect(said[0]).toMatchObject({ level: 'error', message: 'log lines dropped' })
  expect(said.reduce((sum, { lines }) => sum + lines, 0)).toBe(12_000 - kept)
})
