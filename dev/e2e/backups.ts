import { expect } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { urlFor } from '../services/database-roles.ts'
import { findPostgresBin } from '../services/debian-packages.ts'
import type { System } from './system.ts'

const ROOT = `${import.meta.dir}/../..`
const SCRIPT_LIMIT_MS = 60_000

interface ScriptResult {
  code: number
  /** What it printed, on both channels. */
  said: string
}

interface RunningScript {
  pid: number
  /** Resolves when it has printed something that contains the text. */
  saying(text: string): Promise<void>
  done: Promise<ScriptResult>
}

/**
 * The scripts behind `make backup` and `make restore`, on a system's databases, with backups in a
 * folder of their own.
 */
export class Backups {
  readonly folder = mkdtempSync(`${tmpdir()}/bets-backups-`)
  readonly #env: Record<string, string>

  /** `server` is the URL of the system's PostgreSQL, for its superuser. */
  constructor({ env }: Pick<System, 'env'>, server: string) {
    const { hostname, port, username } = new URL(server)
    this.#env = {
      PATH: `${findPostgresBin()}:${process.env.PATH}`,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      LINE_DATABASE_URL: urlFor('line_owner', env.LINE_DATABASE_URL as string),
      BET_DATABASE_URL: urlFor('bet_owner', env.BET_DATABASE_URL as string),
      BACKUPS: this.folder,
      BUN: process.execPath,
    }
  }

  /** Makes a backup; answers its folder. `env` may name other databases. */
  async make(env: Record<string, string> = {}): Promise<string> {
    const before = new Set(this.list())
    succeeded(await this.start('backup.sh', [], env).done)
    const [made, ...more] = this.list().filter((name) => !before.has(name))
    if (made === undefined || more.length > 0) throw new Error(`backups made: ${made} ${more}`)
    return `${this.folder}/${made}`
  }

  /** Everything that is in the folder, what is unfinished too. */
  list(): string[] {
    return readdirSync(this.folder).sort()
  }

  /**
   * Restores one database, from a backup's folder or a database's name; answers what was printed.
   */
  async restore(from: string, only: 'line' | 'bet'): Promise<string> {
    return succeeded(await this.start('restore.sh', [from, only], { yes: '1' }).done)
  }

  start(
    script: 'backup.sh' | 'restore.sh',
    words: string[] = [],
    env: Record<string, string> = {},
  ) {
    return run([`${ROOT}/deploy/${script}`, ...words], { ...this.#env, ...env })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function succeeded({ code, said }: ScriptResult): string {
  expect(code, said).toBe(0)
  return said
}

function run(command: string[], env: Record<string, string>): RunningScript {
  const child = Bun.spawn(command, {
    ...{ cwd: ROOT, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
    timeout: SCRIPT_LIMIT_MS,
  })
  let said = ''
  const told = new Set<() => void>()
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      said += decoder.decode(bytes, { stream: true })
      for (const look of told) look()
    }
  }
  const reading = Promise.all([read(child.stdout), read(child.stderr)])
  return {
    pid: child.pid,
    async saying(text) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const look = () => said.includes(text) && resolve()
      told.add(look)
      look()
      child.exited
        .then(() => reading)
        .then(() => reject(new Error(`"${text}" was not said:\n${said}`)))
      await promise.finally(() => told.delete(look))
    },
    done: child.exited.then(async (code) => {
      await reading
      return { code, said }
    }),
  }
}

/** The name under which a restore says that it keeps what it replaced. */
export function replacedBy(said: string): string {
  const name = /kept, read-only, as (\w+)/.exec(said)?.[1]
  if (name === undefined) throw new Error(`no replaced database in:\n${said}`)
  return name
}

/** For how many milliseconds nobody could reach the database, as a restore says. */
export function closedMs(said: string): number {
  return Number(/open after (\d+) ms/.exec(said)?.[1])
}
