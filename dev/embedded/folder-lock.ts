import { Database, SQLiteError } from 'bun:sqlite'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { StartError } from '@bets/platform/process/env'

/** Kept from the garbage collector, which would close them and free their locks. */
const held = new Set<Database>()

/**
 * Reserves a folder for this process and returns what frees it. Throws `StartError` with the
 * folder and the holder's process id if another process has it.
 *
 * SQLite locks its file for us. The operating system frees that lock when its holder ends, even by
 * SIGKILL, and it belongs to the file, however the path to it is spelled. Nothing is ever written
 * to the file.
 */
export function lockFolder(folder: string): () => void {
  const lock = new Database(`${folder}/lock.sqlite`)
  const holder = `${folder}/lock.pid`
  try {
    lock.run('begin exclusive')
  } catch (error) {
    lock.close()
    if (!(error instanceof SQLiteError && error.code === 'SQLITE_BUSY')) throw error
    // The holder writes its id right after it has the lock.
    const id = existsSync(holder) ? readFileSync(holder, 'utf8') : 'that is just starting'
    throw new StartError(
      `${folder} is in use by process ${id}. ` +
        'Stop that process, or use another folder (bun dev/main.ts FOLDER).',
    )
  }
  writeFileSync(holder, String(process.pid))
  held.add(lock)
  return () => {
    held.delete(lock)
    lock.close()
  }
}
