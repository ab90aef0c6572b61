import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

/**
 * Creates a folder under `TMPDIR` that other users may traverse. It is not under the project,
 * because PostgreSQL runs as another user, who may have no access there, and because paths of
 * sockets must be short.
 */
export function createPrivateFolder(name: string): string {
  const folder = mkdtempSync(`${tmpdir()}/bets-${name}-`)
  chmodSync(folder, 0o711)
  // After an orderly stop it is deleted already.
  process.on('exit', () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  )
  return folder
}
