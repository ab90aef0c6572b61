import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { StartError } from '@bets/platform/process/env'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { lockFolder } from './folder-lock.ts'

/**
 * PGlite has a single session, which its socket server shares among the connections. At most three
 * pools use it (API, worker, migration), so this is above the sum of their sizes.
 */
const MAX_CONNECTIONS = 24

/**
 * Runs a PostgreSQL inside this process, with its data in a folder. SQL and driver are real, but
 * with a single session it cannot show how locks behave. Throws `StartError` if another process
 * uses the folder (PGlite itself has no lock, and both would lose data) or it cannot be opened.
 */
export async function startEmbeddedDatabase(
  folder: string,
): Promise<{ url: string; stop(): Promise<void> }> {
  const { db, unlock } = await open(folder)
  const server = new PGLiteSocketServer({ db, port: 0, maxConnections: MAX_CONNECTIONS })
  await server.start()
  return {
    url: `postgres://postgres@${server.getServerConn()}/postgres?sslmode=disable`,
    async stop() {
      await server.stop()
      await db.close()
      unlock()
    },
  }
}

async function open(folder: string): Promise<{ db: PGlite; unlock: () => void }> {
  try {
    mkdirSync(folder, { recursive: true })
    const unlock = lockFolder(realpathSync(folder))
    return { db: await PGlite.create(folder), unlock }
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(
      `The database in ${folder} cannot be opened: ${(error as Error).message}${written(folder)}.`,
    )
  }
}

/** By whom the data were written: PGlite does not say that they are not its own. */
function written(folder: string): string {
  const version = `${folder}/PG_VERSION`
  if (!existsSync(version)) return ''
  return ` (its data were written by PostgreSQL ${readFileSync(version, 'utf8').trim()})`
}
