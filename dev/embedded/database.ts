import { mkdir } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

/**
 * PGlite is one session underneath: its socket server takes turns among its connections. Three
 * pools use it at most (API, worker, migration), so this is above the sum of their sizes.
 */
const MAX_CONNECTIONS = 24

/**
 * A PostgreSQL in this process, its data in a folder. Real SQL and the real driver; no conclusions
 * about locks.
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
