import { expect } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { urlFor } from '../services/database-roles.ts'
import type { PrivatePostgres } from '../services/private-postgres.ts'
import { startCommand } from './command.ts'
import type { System } from './system.ts'

/** Runs the scripts of `make backup` and `make restore` on a system, with a separate folder. */
export class Backups {
  readonly folder = mkdtempSync(`${tmpdir()}/bets-backups-`)
  readonly #env: Record<string, string>

  constructor({ env }: Pick<System, 'env'>, postgres: PrivatePostgres) {
    const { hostname, port, username } = new URL(postgres.url)
    this.#env = {
      PATH: `${postgres.tools}:${process.env.PATH}`,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      LINE_DATABASE_URL: urlFor('line_owner', env.LINE_DATABASE_URL as string),
      BET_DATABASE_URL: urlFor('bet_owner', env.BET_DATABASE_URL as string),
      BACKUPS: this.folder,
      BUN: process.execPath,
    }
  }

  /** Makes a backup and returns its folder. `env` may name other databases. */
  async make(env: Record<string, string> = {}): Promise<string> {
    const before = new Set(this.list())
    succeeded(await this.start('backup.sh', [], env).done)
    const [made, ...more] = this.list().filter((name) => !before.has(name))
    if (made === undefined || more.length > 0)
      throw new Error(`expected one new backup: ${made} ${more}`)
    return `${this.folder}/${made}`
  }

  /** Everything in the folder, including unfinished backups. */
  list(): string[] {
    return readdirSync(this.folder).sort()
  }

  /** Restores one database from a backup's folder or a database; returns the output. */
  async restore(from: string, only: 'line' | 'bet'): Promise<string> {
    return succeeded(await this.start('restore.sh', [from, only], { yes: '1' }).done)
  }

  start(
    script: 'backup.sh' | 'restore.sh',
    words: string[] = [],
    env: Record<string, string> = {},
  ) {
    return startCommand([`deploy/${script}`, ...words], { ...this.#env, ...env })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function succeeded({ code, output }: { code: number; output: string }): string {
  expect(code, output).toBe(0)
  return output
}

/** The name under which a restore kept the replaced database, from its output. */
export function replacedBy(output: string): string {
  const name = /kept, read-only, as (\w+)/.exec(output)?.[1]
  if (name === undefined) throw new Error(`no replaced database in:\n${output}`)
  return name
}

/** How long the database was closed, in milliseconds, from the output of a restore. */
export function closedMs(output: string): number {
  return Number(/open after (\d+) ms/.exec(output)?.[1])
}
