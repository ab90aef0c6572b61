import { existsSync, readFileSync } from 'node:fs'
import { ROOT } from '../test-run.ts'
import { ACCESS } from './rows/access.ts'
import { ACCOUNT_ROWS } from './rows/accounts.ts'
import { CHANGING } from './rows/changing.ts'
import { CONSUMING } from './rows/consuming.ts'
import { FEED } from './rows/feed.ts'
import { HEARSAY } from './rows/hearsay.ts'
import { KEYS } from './rows/keys.ts'
import { LATE_BETS } from './rows/late-bets.ts'
import { PLACING } from './rows/placing.ts'
import { PLANNING } from './rows/planning.ts'
import { PUBLISHING } from './rows/publishing.ts'
import { READING } from './rows/reading.ts'
import { RESTORING } from './rows/restoring.ts'
import { RIGHTS } from './rows/rights.ts'
import { SETTLING } from './rows/settling.ts'
import { SURROUNDINGS } from './rows/surroundings.ts'

/** One replacement in one file. */
export interface Edit {
  /** Relative to the root of the project. */
  file: string
  /** Must occur exactly once. White space may differ, so code may move and wrap. */
  replace: string
  with: string
}

/** A fault in the code, and the tests that must notice it. */
export interface Mutant {
  name: string
  /** What the fault is, for the reader. */
  breaks: string
  edits: readonly Edit[]
  /**
   * Each of these tests alone must notice the fault: its file, and its name without the group's.
   */
  noticedBy: readonly (readonly [file: string, test: string])[]
  /** Whether these tests need RabbitMQ, whose queues only one test may use at a time. */
  usesBroker?: boolean
}

const ALL: readonly Mutant[] = [
  ...ACCESS,
  ...ACCOUNT_ROWS,
  ...CHANGING,
  ...CONSUMING,
  ...FEED,
  ...HEARSAY,
  ...KEYS,
  ...PLACING,
  ...PLANNING,
  ...PUBLISHING,
  ...READING,
  ...RESTORING,
  ...RIGHTS,
  ...LATE_BETS,
  ...SETTLING,
  ...SURROUNDINGS,
]

/** The mutants whose names contain `only`. Throws if there are none. */
export function selectMutants(only = ''): Mutant[] {
  const selected = ALL.filter(({ name }) => name.includes(only))
  if (selected.length === 0) throw new Error(`No mutant has "${only}" in its name.`)
  return selected
}

/** The source after the edit. Throws if the text to replace does not occur exactly once. */
export function applyEdit(source: string, edit: Edit): string {
  const words = edit.replace.trim().split(/\s+/).map(RegExp.escape)
  const [place, ...others] = source.matchAll(new RegExp(words.join('\\s+'), 'g'))
  if (place === undefined || others.length > 0)
    throw new Error(
      `${edit.file} has this text ${place ? others.length + 1 : 0} times, not once:\n` +
        edit.replace,
    )
  const end = place.index + place[0].length
  return source.slice(0, place.index) + edit.with.trim() + source.slice(end)
}

/** Why rows do not fit the code or the tests, one line each; empty if all fit. */
export function staleRows(): string[] {
  return ALL.flatMap(({ name, edits, noticedBy }) => {
    const stale: string[] = []
    const sources = new Map<string, string>()
    for (const edit of edits)
      try {
        const source = sources.get(edit.file) ?? readFileSync(`${ROOT}/${edit.file}`, 'utf8')
        sources.set(edit.file, applyEdit(source, edit))
      } catch (error) {
        stale.push(`${name}: ${(error as Error).message}`)
      }
    for (const [file, test] of noticedBy)
      if (!mayHaveTest(file, test)) stale.push(`${name}: ${file} has no test "${test}"`)
    return stale
  })
}

const LITERAL = /(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs
/** The placeholders of a title: `${…}`, or `%s` and the like of `test.each`. */
const FILLED_IN = /\$\{.*?\}|%[sdipjo#]|\$\w+/s
/** A title with less fixed text would match every name. */
const MIN_FIXED_CHARACTERS = 12
/** Removes comments, whose quotes are no strings. */
const transpiler = new Bun.Transpiler({ loader: 'ts' })
const SUITES = [...new Bun.Glob('dev/testing/*-suite.ts').scanSync(ROOT)]

/** Whether a title in the file or in a suite matches the name of the test. */
function mayHaveTest(file: string, test: string): boolean {
  return (
    existsSync(`${ROOT}/${file}`) &&
    [file, ...SUITES].some((path) => titlesOf(path).some((title) => title.test(test)))
  )
}

function titlesOf(file: string): RegExp[] {
  const code = transpiler.transformSync(readFileSync(`${ROOT}/${file}`, 'utf8'))
  return [...code.matchAll(LITERAL)]
    .map(([, , text = '']) => text.replaceAll(/\\(['"`])/g, '$1').split(FILLED_IN))
    .filter((fixed) => fixed.join('').length >= MIN_FIXED_CHARACTERS)
    .map((fixed) => new RegExp(`^${fixed.map(RegExp.escape).join('.+')}$`, 's'))
}
