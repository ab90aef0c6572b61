import { betStateOf } from '../model/model.ts'
import { type ShownMovement, toSignedHundredths } from '../traffic/shown.ts'
import { type AccountBook, signedCents } from './account-book.ts'
import { paidIn, shownCents, type Ticket } from './event-book.ts'

/** What a statement has said about a bet so far. */
interface BetMovements {
  paid: bigint
  /** The event's version that it was last settled by, at first the one it was accepted at. */
  version: number
}

/**
 * Compares an account's balance and its statement, newest first, with what its bettor did and with
 * the changes of the line. Call it once the bets have been read back. Returns one sentence per
 * mismatch, none when every cent is accounted for.
 */
export function judgeAccount(
  account: AccountBook,
  balance: string,
  statement: readonly ShownMovement[],
): string[] {
  const mismatches: string[] = []
  const due = shownCents(account.dueCents)
  if (balance !== due) mismatches.push(`holds ${balance}, should hold ${due}`)
  const entries = statement.toReversed()
  mismatches.push(...judgeChain(entries))
  const last = entries.at(-1)?.balance ?? '0.00'
  if (last !== balance) mismatches.push(`holds ${balance}, its statement ends with ${last}`)

  const transfers = new Set<number>()
  const bets = new Map<number, BetMovements>()
  for (const entry of entries) {
    const wrong =
      entry.transfer_id !== null
        ? whyWrongTransfer(account, entry, transfers)
        : entry.bet_id !== null
          ? whyWrongBet(account.tickets.get(entry.bet_id), entry, bets)
          : 'belongs to no transfer and no bet'
    if (wrong !== undefined) mismatches.push(`${nameOf(entry)} ${wrong}`)
  }

  for (const [id, transfer] of account.transfers)
    if (!transfers.has(id))
      mismatches.push(
        `transfer ${id}, a ${transfer.kind} of ${shownCents(transfer.cents)}, has no entry`,
      )
  for (const [id, { cents, dueCents }] of account.tickets) {
    const paid = bets.get(id)?.paid ?? 0n
    if (!bets.has(id)) mismatches.push(`the stake of bet ${id}, ${shownCents(cents)}, has no entry`)
    if (paid !== BigInt(dueCents))
      mismatches.push(
        `bet ${id} paid ${shownCents(paid)} in all, should be ${shownCents(dueCents)}`,
      )
  }
  const held = new Set(entries.map((entry) => entry.balance))
  for (const seen of account.seenCents)
    if (!held.has(shownCents(seen)))
      mismatches.push(`an answer said that it held ${shownCents(seen)}, its statement never does`)
  return mismatches.map((what) => `${account.name} ${what}`)
}

/** Each balance is the one before plus the amount, and no entry comes twice. */
function judgeChain(entries: readonly ShownMovement[]): string[] {
  const mismatches: string[] = []
  let before = 0n
  let lastId = 0
  for (const entry of entries) {
    const after = before + (toSignedHundredths(entry.amount) ?? 0n)
    if (entry.balance !== shownCents(after))
      mismatches.push(`${nameOf(entry)} left ${entry.balance}, should be ${shownCents(after)}`)
    if (entry.id <= lastId) mismatches.push(`${nameOf(entry)} comes after entry ${lastId}`)
    before = toSignedHundredths(entry.balance) ?? after
    lastId = entry.id
    const isTaken = entry.kind === 'stake' || entry.kind === 'withdrawal'
    if (isTaken && before < 0n) mismatches.push(`${nameOf(entry)} took more than there was`)
  }
  return mismatches
}

function whyWrongTransfer(
  account: AccountBook,
  { transfer_id, bet_id, event_version, kind, amount, balance }: ShownMovement,
  seen: Set<number>,
): string | undefined {
  const id = Number(transfer_id)
  const transfer = account.transfers.get(id)
  if (transfer?.made === undefined) return `belongs to transfer ${id}, which was never answered`
  if (seen.has(id)) return `is another one of transfer ${id}`
  seen.add(id)
  if (bet_id !== null || event_version !== null) return 'belongs to a bet, too'
  const actual = [kind, amount, balance].join(', ')
  const made = shownCents(transfer.made.balance)
  const expected = [transfer.kind, shownCents(signedCents(transfer)), made].join(', ')
  return actual === expected ? undefined : `is ${actual}, was answered as ${expected}`
}

function whyWrongBet(
  ticket: Ticket | undefined,
  entry: ShownMovement,
  bets: Map<number, BetMovements>,
): string | undefined {
  const id = Number(entry.bet_id)
  if (ticket?.accepted === undefined) return `belongs to bet ${id}, which was never accepted`
  const bet = bets.get(id)
  if (entry.kind !== 'stake')
    return bet === undefined ? 'comes before its stake' : whyWrongSettlement(ticket, entry, bet)
  if (bet !== undefined) return `is another stake of bet ${id}`
  bets.set(id, { paid: 0n, version: ticket.accepted.version })
  const stake = shownCents(-ticket.cents)
  return entry.amount === stake && entry.event_version === null
    ? undefined
    : `should be ${stake} for bet ${id}`
}

/** A settlement moves what its version owes on top of what the bet has paid before. */
function whyWrongSettlement(
  ticket: Ticket,
  { kind, amount, event_version }: ShownMovement,
  bet: BetMovements,
): string | undefined {
  const { book } = ticket
  const before = bet.paid
  const moved = toSignedHundredths(amount) ?? 0n
  bet.paid += moved
  const at = event_version === null ? undefined : book.at(event_version)
  if (at === undefined) return `is by version ${event_version}, which ${book.id} never had`
  if (at.version <= bet.version) return `is by version ${at.version}, after ${bet.version}`
  const wasLost = book.versions.some(
    ({ version, state }) =>
      state === 'FINISHED_LOSE' && version > bet.version && version < at.version,
  )
  bet.version = at.version
  const looksVoid = kind !== 'payout' && bet.paid === BigInt(ticket.cents)
  const state = book.dueState(ticket, looksVoid ? 'VOID' : betStateOf(at.state), at)
  const owed = paidIn(ticket, state) - before
  if (moved !== owed || owed === 0n)
    return `is ${amount} by version ${at.version}, should be ${shownCents(owed)}`
  const first = state === 'VOID' ? 'refund' : 'payout'
  const kinds = before === 0n ? [first, ...(wasLost ? ['correction'] : [])] : ['correction']
  return kinds.includes(kind) ? undefined : `is a ${kind}, should be a ${kinds.join(' or a ')}`
}

function nameOf({ id, kind, bet_id }: ShownMovement): string {
  return `entry ${id}, a ${kind}${bet_id === null ? '' : ` of bet ${bet_id}`},`
}
