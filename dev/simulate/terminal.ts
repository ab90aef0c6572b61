import type { Facts } from './facts.ts'
import { liveLines, plainLine } from './live-view.ts'
import { type Paint, painter } from './text.ts'

const REDRAW_MS = 250
const PLAIN_EVERY_MS = 3_000
const SECOND_MS = 1_000
const MOST_SECONDS = 60
const NARROWEST = 24
const USUAL_COLUMNS = 80
const USUAL_ROWS = 24

/** The part of standard output that is used. */
export interface Screen {
  isTTY?: boolean
  columns?: number
  rows?: number
  write(text: string): unknown
}

/** Shows progress: a screen redrawn in place on a terminal, a line every few seconds elsewhere. */
export class Terminal {
  readonly paint: Paint
  readonly #isScreen: boolean
  readonly #perSecond: number[] = []
  #timers: NodeJS.Timeout[] = []
  #height = 0
  #acceptedBefore = 0

  constructor(
    private readonly facts: () => Facts,
    private readonly out: Screen,
    noColour: boolean,
  ) {
    this.#isScreen = out.isTTY === true
    this.paint = painter(this.#isScreen && !noColour)
  }

  start(): void {
    this.#timers = [
      setInterval(() => this.#countSecond(), SECOND_MS),
      this.#isScreen
        ? setInterval(() => this.#redraw(), REDRAW_MS)
        : setInterval(() => this.#writePlain(), PLAIN_EVERY_MS),
    ]
    if (this.#isScreen) this.out.write('\x1b[?25l')
  }

  /** Leaves the last state on the screen and restores the cursor. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    if (this.#timers.length > 0 && this.#isScreen) {
      this.#redraw()
      this.out.write('\x1b[?25h')
    }
    this.#timers = []
  }

  #countSecond(): void {
    const { accepted } = this.facts().bets
    this.#perSecond.push(accepted - this.#acceptedBefore)
    this.#acceptedBefore = accepted
    if (this.#perSecond.length > MOST_SECONDS) this.#perSecond.shift()
  }

  #redraw(): void {
    // Some terminals report 0 columns, and some wrap a line that fills the last column, which
    // therefore stays empty.
    const width = Math.max(NARROWEST, this.out.columns || USUAL_COLUMNS) - 1
    const lines = liveLines(this.facts(), this.#perSecond, width, this.paint)
    const shown = lines.slice(0, Math.max(1, (this.out.rows || USUAL_ROWS) - 1))
    const up = this.#height > 1 ? `\x1b[${this.#height - 1}A` : ''
    this.out.write(`${this.#height > 0 ? `\r${up}` : ''}\x1b[J${shown.join('\n')}`)
    this.#height = shown.length
  }

  #writePlain(): void {
    const recent = this.#perSecond.slice(-PLAIN_EVERY_MS / SECOND_MS)
    const rate = recent.reduce((sum, count) => sum + count, 0) / Math.max(1, recent.length)
    this.out.write(`${plainLine(this.facts(), Math.round(rate))}\n`)
  }
}
