import { inLanes } from '../testing/in-lanes.ts'
import { retryAfterMs } from '../traffic/client.ts'
import type { ShownBet, ShownBetWithHistory, ShownEvent } from '../traffic/shown.ts'
import type { Day } from './day.ts'
import type { EventBook } from './event-book.ts'
import { areSettled, judgeBets, judgeHistories, judgeSums } from './judge-bets.ts'
import { isShown } from './operator.ts'
import { pages } from './pages.ts'
import { pick, randomOf } from './random.ts'

const LANES = 8
const HISTORIES_AT_ONCE = 8
const READ_AGAIN_MS = 250
/** With more bets than this, a random share of the histories is read. All bets always are. */
const MOST_HISTORIES = 50_000

/** Reads everything back and compares it with the answers. Mismatches go to `day.findings`. */
export async function reconcile(day: Day): Promise<void> {
  const books = day.books.filter(({ latest }) => latest !== undefined)
  await inLanes(LANES, books, async (book) => {
    if (day.interrupted) return
    await reconcileEvent(day, book)
    day.reconciled.events++
  })
}

async function reconcileEvent(day: Day, book: EventBook): Promise<void> {
  const { findings, options } = day
  const event = await readOne<ShownEvent>(day, `${options.lineUrl}/event/${book.id}`, undefined)
  if (event !== undefined && book.latest !== undefined && !isShown(book.latest, book, event))
    findings.add(
      `${book.id} should be ${book.latest.state} at version ${book.latest.version}, ` +
        `is ${JSON.stringify(event)}`,
    )
  const all: ShownBet[] = []
  for (const [client, token] of options.clientTokens.entries()) {
    const listed = await readSettled(day, book, token)
    if (listed === undefined) {
      if (!day.interrupted) findings.add(`the bets on ${book.id} could not be read`)
      return
    }
    all.push(...listed)
    day.reconciled.bets += listed.length
    findings.addAll(judgeBets(book, client, listed, options.feedMaxAgeMs))
    await reconcileHistories(day, book, client)
  }
  book.noteLate(all)
  findings.addAll(judgeSums(book, all))
}

/** A client's bets on an event, once they are settled or the time is up. */
async function readSettled(
  day: Day,
  book: EventBook,
  token: string | undefined,
): Promise<readonly ShownBet[] | undefined> {
  const path = `/bets?event_id=${book.id}&limit=1000`
  for (;;) {
    let listed: ShownBet[] | undefined = []
    for await (const page of pages<ShownBet>(day.wire, day.options.betsUrl, path, token)) {
      if (page === undefined) listed = undefined
      else listed?.push(...page)
      if (page !== undefined && !areSettled(book, page) && day.mayWait) break
    }
    if (day.interrupted) return undefined
    if (!day.mayWait || (listed !== undefined && areSettled(book, listed))) return listed
    await Bun.sleep(READ_AGAIN_MS)
  }
}

async function reconcileHistories(day: Day, book: EventBook, client: number): Promise<void> {
  const random = randomOf(day.options.seed, 'histories', book.id, client)
  const share = MOST_HISTORIES / Math.max(MOST_HISTORIES, day.tally.accepted)
  const ids = [...book.tickets].flatMap(([id, ticket]) => (ticket.client === client ? [id] : []))
  const wanted = ids.filter(() => random() < share)
  const token = day.options.clientTokens[client]
  const shown: ShownBetWithHistory[] = []
  const [some] = ids
  await inLanes(HISTORIES_AT_ONCE, wanted, async (id) => {
    if (day.interrupted) return
    const url = `${day.options.betsUrl}/bets/${id}`
    const bet = await readOne<ShownBetWithHistory>(day, url, token)
    if (bet !== undefined) shown.push(bet)
  })
  day.findings.addAll(judgeHistories(book, shown))
  day.reconciled.histories += shown.length
  day.reconciled.resettled += shown.filter(({ history }) => history.length > 2).length
  if (some !== undefined) await expectHidden(day, pick(random, ids), client)
}

/** Checks that neither another client nor a caller without a token can read a bet. */
async function expectHidden(day: Day, id: number, client: number): Promise<void> {
  const { clientTokens, betsUrl } = day.options
  const others = clientTokens.flatMap((token, other) =>
    other === client ? [] : [{ token, status: 404 }],
  )
  if (clientTokens[client] !== undefined) others.push({ token: undefined, status: 401 })
  for (const { token, status } of others) {
    const { answer } = await day.wire.send('GET', `${betsUrl}/bets/${id}`, { token })
    // Without an answer, or when shed, it has shown nothing.
    if (answer !== undefined && answer.status !== status && answer.status < 429)
      day.findings.add(
        `bet ${id} is visible to others: ${answer.status} ${JSON.stringify(answer.body)}`,
      )
  }
}

/** The body at a URL; undefined, with a finding, when it cannot be read. */
async function readOne<T>(
  day: Day,
  url: string,
  token: string | undefined,
): Promise<T | undefined> {
  for (;;) {
    const { answer } = await day.wire.send('GET', url, { token })
    if (answer?.status === 200) return answer.body as T
    const mayWork = answer === undefined || answer.status >= 500 || answer.status === 429
    if (!mayWork || !day.mayWait) {
      if (!day.interrupted)
        day.findings.add(
          `GET ${url} was answered ${answer?.status ?? 'not at all'} ` +
            `${JSON.stringify(answer?.body) ?? ''}`,
        )
      return undefined
    }
    await Bun.sleep(retryAfterMs(answer))
  }
}
