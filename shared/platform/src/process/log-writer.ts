import { writeSync } from 'node:fs'

const STANDARD_ERROR = 2
/**
 * What is kept of lines that nobody takes, beside as much that is on its way; beyond it new ones
 * are dropped and counted, for memory must stay bounded.
 */
const KEPT_MAX_CHARACTERS = 4 * 1024 * 1024
const TRY_AGAIN_MS = 20
/** How long the end of the process waits for a reader that has stalled. */
const LAST_WORDS_MS = 500

/**
 * Writes lines to a file descriptor, all those of a tick with one system call: one for each line
 * cost as much as the line. `urgent` ones go at once, with what was waiting; the rest at the end of
 * the tick or of the process, also one that ends by an uncaught error. Only what was given in the
 * very tick in which the process is killed may be lost.
 */
export class LogWriter {
  #waiting: string[] = []
  #characters = 0
  #dropped = 0
  /** Of what was begun to be written. */
  #rest: Uint8Array | undefined
  #scheduled = false

  /**
   * `write` is `writeSync` of node:fs: it answers how many bytes were taken and throws EAGAIN when
   * none can be.
   */
  constructor(
    private readonly descriptor = STANDARD_ERROR,
    private readonly write: (descriptor: number, bytes: Uint8Array) => number = writeSync,
  ) {
    process.on('exit', () => this.#flushBefore(performance.now() + LAST_WORDS_MS))
  }

  line(text: string, urgent = false): void {
    if (this.#characters >= KEPT_MAX_CHARACTERS) this.#dropped++
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

  /** Writes what waits; what the reader does not take now is tried again. */
  #flush(): void {
    if (this.#pour()) return
    if (this.#scheduled) return
    this.#scheduled = true
    setTimeout(() => {
      this.#scheduled = false
      this.#flush()
    }, TRY_AGAIN_MS).unref()
  }

  #flushBefore(deadlineMs: number): void {
    while (!this.#pour() && performance.now() < deadlineMs) Bun.sleepSync(1)
  }

  /**
   * Whether all is written. A reader that is gone counts as one that has read: nobody is left to
   * tell.
   */
  #pour(): boolean {
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
      this.#waiting.push(
        `${JSON.stringify({ level: 'error', message: 'log lines dropped', lines: this.#dropped })}\n`,
      )
      this.#dropped = 0
    }
    this.#rest = new TextEncoder().encode(this.#waiting.join(''))
    this.#waiting = []
    this.#characters = 0
    return this.#rest
  }
}
