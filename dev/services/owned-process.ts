import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

const STOP_TIMEOUT_MS = 15_000
const POLL_MS = 50
const LOG_TAIL_CHARACTERS = 2_000

export interface OwnedProcessOptions {
  name: string
  command: readonly string[]
  env: Record<string, string>
  folder: string
  /** Standard output and error are appended to it. */
  logFile: string
  /** The user it runs as. Requires root. */
  user?: string | undefined
  /** Requests an orderly shutdown. */
  stopSignal: NodeJS.Signals
  /** Ends it immediately when we exit without having stopped it. */
  abortSignal: NodeJS.Signals
}

/**
 * A server process that ends with ours: we abort it when we exit without having stopped it, and the
 * kernel aborts it when we are killed. It has its own process group, so that Ctrl-C does not reach
 * it and we can stop processes in order.
 */
export class OwnedProcess {
  readonly #options: OwnedProcessOptions
  readonly #child: Bun.Subprocess
  readonly #onExit: () => void

  constructor(options: OwnedProcessOptions) {
    this.#options = options
    const log = openSync(options.logFile, 'a')
    this.#child = Bun.spawn(endingWithUs(options.command, options.abortSignal, options.user), {
      cwd: options.folder,
      env: options.env,
      stdin: 'ignore',
      stdout: log,
      stderr: log,
      detached: true,
    })
    closeSync(log)
    this.#onExit = () => this.#child.kill(options.abortSignal)
    process.on('exit', this.#onExit)
    void this.#child.exited.then(() => process.off('exit', this.#onExit))
  }

  get pid(): number {
    return this.#child.pid
  }

  /** Resolves when `ready` is true; rejects with the end of the log on exit or time-out. */
  async waitUntil(ready: () => Promise<boolean>, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs
    while (!(await ready())) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw await this.#failure('exited')
      if (Date.now() > deadline) throw await this.#failure(`did not answer within ${withinMs} ms`)
      await Bun.sleep(POLL_MS)
    }
  }

  async stop(): Promise<void> {
    this.#child.kill(this.#options.stopSignal)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.#child.exited
    clearTimeout(timer)
  }

  async #failure(what: string): Promise<Error> {
    const log = await readFile(this.#options.logFile, 'utf8')
    return new Error(`${this.#options.name} ${what}:\n${log.slice(-LOG_TAIL_CHARACTERS)}`)
  }
}

/**
 * Wraps a command so that the kernel sends it a signal when we die, even by SIGKILL. Without
 * `setpriv` (macOS) the command stays as it is.
 */
export function endingWithUs(
  command: readonly string[],
  signal: NodeJS.Signals,
  user?: string,
): string[] {
  if (Bun.which('setpriv') === null) return [...command]
  const identity = user === undefined ? [] : ['--reuid', user, '--regid', user, '--init-groups']
  return ['setpriv', ...identity, '--pdeathsig', signal.replace('SIG', ''), ...command]
}
