import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

/**
 * A new folder under the system's temporary one (`TMPDIR`), not under the project: PostgreSQL runs
 * as another user, who may not be able to reach the project, and paths of sockets must be short.
 * Others may pass through it.
 */
export function createPrivateFolder(name: string): string {
  const folder = mkdtempSync(`${tmpdir()}/bets-${name}-`)
  chmodSync(folder, 0o711)
  // What a stop in good order has deleted is not missed here.
  process.on('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  )
  return folder
}
