import { type Env, runInGroup } from '../test-run.ts'

/** A test by its file and its name, without the names of its groups. */
export interface NamedTest {
  file: string
  test: string
}

/** Several times as long as the slowest of the tests takes. */
const TEST_TIMEOUT_MS = 30_000
const RUN_LIMIT_MS = 240_000
const WHY_CHARACTERS = 80

/**
 * - `failed`: as it should when there is a fault, for the reason `why`.
 * - `broken`: it failed because the code does not run at all, or not in time. That notices no
 *   fault.
 * - `missing`: there is no such test, or it did not get to run.
 */
export interface Verdict extends NamedTest {
  outcome: 'passed' | 'failed' | 'broken' | 'missing'
  why: string
  seconds: number
}

/** Errors of code that is broken, instead of wrong. */
const NOT_RUNNING = /^(TimeoutError|SyntaxError|ReferenceError|TypeError|PostgresError)$/
/** fast-check reached its time limit without a failing example. */
const GAVE_UP = /^Property interrupted/
const BAD_SQL = /syntax error at|(column|relation|function|operator) .* does not exist|is ambiguous/

/** Runs the tests, and nothing else of their files, in a copy of the project. */
export async function judge(
  tests: readonly NamedTest[],
  folder: string,
  env: Env,
): Promise<Verdict[]> {
  const report = Bun.file(`${folder}/.report.xml`)
  const output = { file: `${folder}/.output.log` }
  await report.delete().catch(() => {})
  const files = [...new Set(tests.map(({ file }) => `./${file}`))]
  const names = [...new Set(tests.map(({ test }) => RegExp.escape(test)))].join('|')
  const startMs = performance.now()
  await runInGroup(
    [
      ...[process.execPath, 'test', '--isolate', `--timeout=${TEST_TIMEOUT_MS}`],
      ...['--reporter=junit', `--reporter-outfile=${report.name}`],
      ...[`--test-name-pattern=(^| )(${names})$`, ...files],
    ],
    { cwd: folder, env, output, limitMs: RUN_LIMIT_MS },
  )
  const seconds = (performance.now() - startMs) / 1000
  const xml = (await report.exists()) ? await report.text() : ''
  const log = await Bun.file(output.file).text()
  return tests.map((named) => ({ ...named, ...verdictOf(named, xml, log), seconds }))
}

function verdictOf(
  { file, test }: NamedTest,
  xml: string,
  log: string,
): Pick<Verdict, 'outcome' | 'why'> {
  const cases = [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)]
    .map(([, attributes = '', content = '']) => ({ attributes, content }))
    .filter(({ attributes }) => attribute(attributes, 'name') === test)
    .filter(({ attributes }) => attribute(attributes, 'file') === file)
    .filter(({ content }) => !content.includes('<skipped'))
  if (cases.length === 0)
    return { outcome: 'missing', why: log.trimEnd().split('\n').slice(-15).join('\n') }
  const failure = cases.map(({ content }) => /<failure ([^>]*)/.exec(content)?.[1]).find(Boolean)
  if (failure === undefined) return { outcome: 'passed', why: '' }
  const type = attribute(failure, 'type')
  const message = innermost(attribute(failure, 'message'), log)
  const broken = NOT_RUNNING.test(type) || BAD_SQL.test(message) || GAVE_UP.test(message)
  return {
    outcome: broken ? 'broken' : 'failed',
    why: `${broken ? `${type}: ` : ''}${shorten(message)}`,
  }
}

function attribute(attributes: string, name: string): string {
  const [, text = ''] = new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes) ?? []
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/**
 * A failing property reports its example; the reason is the inner error, which only the log has.
 */
function innermost(message: string, log: string): string {
  if (!message.startsWith('Property failed')) return message
  return [...log.matchAll(/^error: (?!Property failed)(.+)$/gm)].at(-1)?.[1] ?? message
}

/** The failure in one line: the differing lines of a diff, or the message. */
function shorten(message: string): string {
  const lines = message.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))
  const differing = lines.filter((line) => /^([-+] |Expected: |Received: )/.test(line))
  const changed = differing.filter((line) => !/^[-+] (Expected|Received) /.test(line))
  const text = (changed.length > 0 ? changed : lines.filter(Boolean)).join(' ')
  return text.length > WHY_CHARACTERS ? `${text.slice(0, WHY_CHARACTERS - 1)}…` : text
}

/** A test by file and name, for people. */
export const nameOf = ({ file, test }: NamedTest) => `${file}: ${test}`
