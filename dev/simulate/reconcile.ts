import { inLanes } from '../testing/in-lanes.ts'
import { retryAfterMs } from '../traffic/client.ts'
import {
  type ShownAccount,
  type ShownBet,
  type ShownBetWithHistory,
  type ShownEvent,
  type ShownMovement,
  toSignedHundredths,
} from '../traffic/shown.ts'
import type { AccountBook } from './account-book.ts'
import type { Day } from './day.ts'
import type { EventBook } from './event-book.ts'
import { judgeAccount } from './judge-account.ts'
import { areSettled, judgeBets, judgeHistories, judgeSums } from './judge-bets.ts'
import { isShown } from './operator.ts'
import { pages } from './pages.ts'
import { pick, randomOf } from './random.ts'

const LANES = 8
const HISTORIES_AT_ONCE = 8
const READ_AGAIN_MS = 250
/** How often a read is tried, at least, also when there is so much to read that the time is up. */
const ATTEMPTS = 3
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
  // What a bet pays is known now.
  const opened = day.accounts.filter(({ transfers }) => transfers.size > 0)
  await inLanes(LANES, opened, async (account) => {
    if (!day.interrupted) await reconcileAccount(day, account)
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
  book.noteDue(all)
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

/** Compares an account and its statement with what its bettor did. */
async function reconcileAccount(day: Day, account: AccountBook): Promise<void> {
  const { findings, reconciled, options } = day
  const token = options.clientTokens[account.client]
  const path = `/accounts/${account.id}`
  const shown = await readOne<ShownAccount>(day, options.betsUrl + path, token)
  const statement = await readAll<ShownMovement>(day, `${path}/entries?limit=1000`, token)
  if (shown === undefined || statement === undefined) {
    if (!day.interrupted) findings.add(`${account.name} could not be read`)
    return
  }
  findings.addAll(judgeAccount(account, shown.balance, statement))
  const balance = toSignedHundredths(shown.balance) ?? 0n
  reconciled.accounts++
  reconciled.entries += statement.length
  reconciled.balanceCents += balance
  if (balance < 0n) reconciled.belowZero++
}

/** All pages of a list; undefined when the time is up. */
async function readAll<T>(
  day: Day,
  path: string,
  token: string | undefined,
): Promise<T[] | undefined> {
  while (!day.interrupted) {
    let all: T[] | undefined = []
    for await (const page of pages<T>(day.wire, day.options.betsUrl, path, token))
      if (page === undefined) all = undefined
      else all?.push(...page)
    if (all !== undefined || !day.mayWait) return all
    await Bun.sleep(READ_AGAIN_MS)
  }
  return undefined
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
  for (let attempt = 1; ; attempt++) {
    const { answer } = await day.wire.send('GET', url, { token })
    if (answer?.status === 200) return answer.body as T
    const mayWork = answer === undefined || answer.status >= 500 || answer.status === 429
    if (!mayWork || day.interrupted || (!day.mayWait && attempt >= ATTEMPTS)) {
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
