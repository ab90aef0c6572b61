import { type ShownEvent, toHundredths } from '../traffic/shown.ts'
import type { Day } from './day.ts'
import type { EventBook } from './event-book.ts'
import { isShown } from './operator.ts'
import { pages } from './pages.ts'
import type { Random } from './random.ts'

/** Bettors see coefficients at most this old, or older ones while the list cannot be read. */
const REFRESH_MS = 700

export interface Offer {
  book: EventBook
  hundredths: number
}

/** The open events of the run as bet-maker lists them, shared by all bettors. */
export class OpenEvents {
  #offers: readonly Offer[] = []

  constructor(private readonly day: Day) {}

  /** Refreshes the list until the day is over. */
  async follow(): Promise<void> {
    while (this.day.isOn) {
      await this.#read()
      await Bun.sleep(REFRESH_MS)
    }
  }

  /** A random offer; events with low numbers are more popular. */
  pickOffer(random: Random): Offer | undefined {
    return this.#offers[Math.floor(random() ** 2 * this.#offers.length)]
  }

  async #read(): Promise<void> {
    const coefficients = new Map<EventBook, number>()
    for await (const page of pages<ShownEvent>(
      this.day.wire,
      this.day.options.betsUrl,
      '/events',
    )) {
      if (page === undefined) return
      for (const shown of page) {
        const book = this.day.bookOf(shown.event_id)
        if (book !== undefined) coefficients.set(book, this.#check(book, shown))
      }
    }
    this.#offers = this.day.books.flatMap((book) => {
      const hundredths = coefficients.get(book)
      return hundredths === undefined ? [] : [{ book, hundredths }]
    })
  }

  #check(book: EventBook, shown: ShownEvent): number {
    const at = book.at(shown.version)
    // A change may be listed before it is answered.
    const isComing = at === undefined && shown.version > (book.latest?.version ?? 0)
    const fits =
      isComing ||
      (at !== undefined && at.state === 'NEW' && !at.suspended && isShown(at, book, shown))
    if (!fits)
      this.day.findings.add(`${book.id} is listed as no version of it: ${JSON.stringify(shown)}`)
    return Number(toHundredths(shown.coefficient))
  }
}
