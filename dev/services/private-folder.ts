import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

/**
 * A new folder under `TMPDIR`, not under the project: PostgreSQL runs as another user, who may have
 * no access to the project, and paths of sockets must be short. Other users may traverse it.
 */
export function createPrivateFolder(name: string): string {
  const folder = mkdtempSync(`${tmpdir()}/bets-${name}-`)
  chmodSync(folder, 0o711)
  // An orderly stop has deleted it already.
  process.on('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  )
  return folder
}
