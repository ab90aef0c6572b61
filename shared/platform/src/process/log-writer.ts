import { writeSync } from 'node:fs'

const STANDARD_ERROR = 2
/**
 * How much is buffered when the reader has stalled, besides as much that is being written. Beyond
 * that, new lines are dropped and counted, so that memory stays bounded.
 */
const BUFFER_MAX_CHARACTERS = 4 * 1024 * 1024
const RETRY_MS = 20
/** How long an exiting process waits for a stalled reader. */
const EXIT_FLUSH_MS = 500

/**
 * Writes lines to a file descriptor, all lines of a tick with one system call: one call per line
 * cost as much as building the line. An `urgent` line is written at once, with all waiting ones.
 * The others are written at the end of the tick, or when the process exits, even by an uncaught
 * error. Only lines of the very tick in which the process is killed can be lost.
 */
export class LogWriter {
  #waiting: string[] = []
  #characters = 0
  #dropped = 0
  /** The unwritten rest of a partial write. */
  #rest: Uint8Array | undefined
  #scheduled = false

  /**
   * `write` behaves like `writeSync` of node:fs: it returns the number of bytes written, and throws
   * EAGAIN if the reader accepts none.
   */
  constructor(
    private readonly descriptor = STANDARD_ERROR,
    private readonly write: (descriptor: number, bytes: Uint8Array) => number = writeSync,
  ) {
    process.on('exit', () => this.#flushBefore(performance.now() + EXIT_FLUSH_MS))
  }

  line(text: string, urgent = false): void {
    if (this.#characters >= BUFFER_MAX_CHARACTERS) this.#dropped++
    else {
      this.#waiting.push(text)
      this.#characters += text.length
    }
    if (urgent) this.#flush()
    else this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  /** Writes all waiting lines, and retries later what the reader does not accept now. */
  #flush(): void {
    if (this.#drain()) return
    if (this.#scheduled) return
    this.#scheduled = true
    setTimeout(() => {
      this.#scheduled = false
      this.#flush()
    }, RETRY_MS).unref()
  }

  #flushBefore(deadlineMs: number): void {
    while (!this.#drain() && performance.now() < deadlineMs) Bun.sleepSync(1)
  }

  /**
   * Writes until nothing is left or the reader stalls. Returns whether everything is written. If
   * the reader is gone, the lines are discarded, which counts as written.
   */
  #drain(): boolean {
    try {
      for (let bytes = this.#next(); bytes !== undefined; bytes = this.#next()) {
        const taken = this.write(this.descriptor, bytes)
        this.#rest = taken < bytes.length ? bytes.subarray(taken) : undefined
      }
      return true
    } catch (error) {
      if ((error as { code?: string }).code === 'EAGAIN') return false
      this.#rest = undefined
      return true
    }
  }

  #next(): Uint8Array | undefined {
    if (this.#rest !== undefined) return this.#rest
    if (this.#waiting.length === 0) return undefined
    if (this.#dropped > 0) {
      const lost = { level: 'error', message: 'log lines dropped', lines: this.#dropped }
      this.#waiting.push(`${JSON.stringify(lost)}\n`)
      this.#dropped = 0
    }
    this.#rest = new TextEncoder().encode(this.#waiting.join(''))
    this.#waiting = []
    this.#characters = 0
    return this.#rest
  }
}
