import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename } from 'node:path'
import { ROOT, runInGroup } from '../test-run.ts'
import { applyEdit, type Mutant } from './mutant.ts'

const NOT_COPIED = new Set(['node_modules', '.git', '.bun', '.data', '.test', '.bench'])
const PACKAGES = ['shared/domain', 'shared/platform', 'line-provider', 'bet-maker']
const CHECK_LIMIT_MS = 60_000

/** A copy of the project in which faults are applied and undone. */
export class Tree {
  constructor(readonly folder: string) {
    cpSync(ROOT, folder, {
      recursive: true,
      filter: (source) => !NOT_COPIED.has(source.slice(source.lastIndexOf('/') + 1)),
    })
    for (const within of ['', ...PACKAGES.map((name) => `/${name}`)])
      linkDependencies(`${ROOT}${within}/node_modules`, `${folder}${within}/node_modules`)
    for (const name of PACKAGES) {
      const found = realpathSync(`${folder}/node_modules/@bets/${basename(name)}`)
      if (found !== realpathSync(`${folder}/${name}`))
        throw new Error(
          `${name} is ${found} in the copy, whose tests would run on the unbroken code.`,
        )
    }
  }

  /** Applies the fault, calls `use`, and undoes it. */
  async with<T>({ edits }: Mutant, use: () => Promise<T>): Promise<T> {
    const originals = new Map<string, string>()
    try {
      for (const edit of edits) {
        const path = `${this.folder}/${edit.file}`
        const source = readFileSync(path, 'utf8')
        if (!originals.has(path)) originals.set(path, source)
        writeFileSync(path, applyEdit(source, edit))
      }
      return await use()
    } finally {
      for (const [path, source] of originals) writeFileSync(path, source)
    }
  }

  /** The first error of the compiler; undefined if there is none. */
  async typeError(): Promise<string | undefined> {
    const output = { file: `${this.folder}/.tsc.log` }
    const command = [process.execPath, 'node_modules/.bin/tsc', '--noEmit']
    const exitCode = await runInGroup(command, {
      ...{ cwd: this.folder, env: process.env, output, limitMs: CHECK_LIMIT_MS },
    })
    return exitCode === 0 ? undefined : (await Bun.file(output.file).text()).split('\n', 1)[0]
  }
}

/**
 * Links to the same dependencies. Links to our own packages are relative, and so lead into the
 * copy.
 */
function linkDependencies(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`]
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else if (entry.name.startsWith('@')) linkDependencies(source, target)
    else symlinkSync(realpathSync(source), target)
  }
}
