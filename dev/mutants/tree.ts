import { cpSync, mkdirSync, readdirSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { ROOT, runInGroup } from '../test-run.ts'
import type { Mutant } from './mutant.ts'

const NOT_COPIED = new Set(['node_modules', '.git', '.bun', '.data', '.test', '.bench'])
const PACKAGES = ['shared', 'line-provider', 'bet-maker']
const CHECK_LIMIT_MS = 60_000

/** A copy of the project, as it is now, in which faults are made and undone. */
export class Tree {
  constructor(readonly folder: string) {
    cpSync(ROOT, folder, {
      recursive: true,
      filter: (source) => !NOT_COPIED.has(source.slice(source.lastIndexOf('/') + 1)),
    })
    for (const within of ['', ...PACKAGES.map((name) => `/${name}`)])
      linkDependencies(`${ROOT}${within}/node_modules`, `${folder}${within}/node_modules`)
    for (const name of PACKAGES) {
      const found = realpathSync(`${folder}/node_modules/@bets/${name}`)
      if (found !== realpathSync(`${folder}/${name}`))
        throw new Error(`@bets/${name} is ${found} in the copy, whose tests would run on the unbroken code.`)
    }
  }

  /** Makes the fault, lets `use` see it, and undoes it. */
  async with<T>(mutant: Mutant, use: () => Promise<T>): Promise<T> {
    const refused = this.#git('apply', mutant.patch)
    if (refused !== '')
      throw new StalePatchError(
        `${mutant.patch} does not apply any more.\nMake its change anew in the code, and write what git diff -U2 says of it below the patch's first lines.\n${refused}`,
      )
    const result = await use()
    const stuck = this.#git('apply', '--reverse', mutant.patch)
    if (stuck !== '') throw new Error(`The tests have changed what ${mutant.patch} changes: ${stuck}`)
    return result
  }

  /** The first complaint of the compiler; undefined when there is none. */
  async typeError(): Promise<string | undefined> {
    const output = { file: `${this.folder}/.tsc.log` }
    const command = [process.execPath, 'node_modules/.bin/tsc', '--noEmit']
    const exitCode = await runInGroup(command, {
      ...{ cwd: this.folder, env: process.env, output, limitMs: CHECK_LIMIT_MS },
    })
    return exitCode === 0 ? undefined : (await Bun.file(output.file).text()).split('\n', 1)[0]
  }

  /** Empty, or what git complains of. */
  #git(...words: string[]): string {
    // Not in a repository, even when the temporary folder lies in one: there, git would skip files in silence.
    const { PATH } = process.env
    const env = { PATH, GIT_CEILING_DIRECTORIES: dirname(realpathSync(this.folder)) }
    const { exitCode, stderr } = Bun.spawnSync(['git', ...words], { cwd: this.folder, env })
    return exitCode === 0 ? '' : stderr.toString() || `git ended with ${exitCode}`
  }
}

/** The code that a patch breaks has changed since it was written. */
export class StalePatchError extends Error {
  override readonly name = 'StalePatchError'
}

/**
 * The same dependencies, without copying them. Links are made anew: those to our own packages are relative, and so
 * lead into the copy.
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
