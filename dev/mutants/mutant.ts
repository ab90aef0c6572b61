import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

const FOLDER = `${import.meta.dir}/patches`

/** A test by its file and its own name, without those of the groups around it. */
export interface NamedTest {
  file: string
  test: string
}

/** A fault that somebody could put into the code, and the tests that must notice it. */
export interface Mutant {
  /** What it breaks, as its file is called. */
  name: string
  patch: string
  /** Each of them must notice it by itself. */
  noticedBy: readonly NamedTest[]
  /** Whether these tests need RabbitMQ, whose queues only one of them can have at a time. */
  usesBroker: boolean
  changesTypeScript: boolean
}

/** Reads the patches whose names contain the text. Throws an error that says what is wrong with one. */
export function readMutants(only = ''): Mutant[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.patch') && file.includes(only))
  if (files.length === 0) throw new Error(`No patch in ${FOLDER} has "${only}" in its name.`)
  return files.sort().map((file) => readMutant(`${FOLDER}/${file}`))
}

function readMutant(patch: string): Mutant {
  const text = readFileSync(patch, 'utf8')
  const [header = '', ...diffs] = text.split(/^diff --git /m)
  const noticedBy = [...header.matchAll(/^Noticed-By: (\S+): (.+)$/gm)].map(([, file = '', test = '']) => ({
    file,
    test,
  }))
  if (noticedBy.length === 0 || diffs.length === 0)
    throw new Error(`${patch} needs "Noticed-By: FILE: NAME OF THE TEST" above its first "diff --git".`)
  return {
    name: basename(patch, '.patch'),
    patch,
    noticedBy,
    usesBroker: /^Uses: broker$/m.test(header),
    changesTypeScript: diffs.some((diff) => /^\+\+\+ .*\.ts$/m.test(diff)),
  }
}
