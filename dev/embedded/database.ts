import { mkdir } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

/**
 * PGlite has a single session, which its socket server shares among the connections. At most three
 * pools use it (API, worker, migration), so this is above the sum of their sizes.
 */
const MAX_CONNECTIONS = 24

/**
 * Runs a PostgreSQL inside this process, with its data in a folder. SQL and driver are real, but
 * with a single session it cannot show how locks behave.
 */
export async function startEmbeddedDatabase(
  folder: string,
): Promise<{ url: string; stop(): Promise<void> }> {
  await mkdir(folder, { recursive: true })
  const db = await PGlite.create(folder)
  const server = new PGLiteSocketServer({ db, port: 0, maxConnections: MAX_CONNECTIONS })
  await server.start()
  return {
    url: `postgres://postgres@${server.getServerConn()}/postgres?sslmode=disable`,
    async stop() {
      await server.stop()
      await db.close()
    },
  }
}
