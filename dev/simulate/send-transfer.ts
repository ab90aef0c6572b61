import { type Answer, codeOf, outcomeUnknown, retryAfterMs } from '../traffic/client.ts'
import { type ShownTransfer, toSignedHundredths } from '../traffic/shown.ts'
import type { Transfer } from './account-book.ts'
import type { Day } from './day.ts'
import { shownCents } from './event-book.ts'
import { balanceOf, type Outcome } from './send-bet.ts'

/** Sends a transfer once, with its key, and checks the answer against everything known so far. */
export async function sendTransfer(day: Day, transfer: Transfer): Promise<Outcome> {
  const { account, kind, cents, key, made } = transfer
  const { answer } = await day.wire.send('POST', `${day.options.betsUrl}/transfers`, {
    token: day.options.clientTokens[account.client],
    key,
    body: { account_id: account.id, kind, amount: shownCents(cents) },
  })
  const found = (what: string) =>
    day.findings.add(`the ${kind} ${key} of ${account.name} was ${what}`)
  if (answer === undefined || outcomeUnknown(answer) || answer.status === 429) {
    if (answer?.status === 500) found(`answered 500 ${codeOf(answer)}`)
    return { kind: 'retry', afterMs: retryAfterMs(answer) }
  }
  if (answer.status === 200 || answer.status === 201) {
    const wrong = note(day, transfer, answer)
    if (wrong !== undefined) found(`${wrong}: ${JSON.stringify(answer.body)}`)
    return { kind: 'accepted' }
  }
  const balance = balanceOf(account, answer)
  const may = kind === 'withdrawal' && balance !== undefined && balance < cents
  if (!may || made !== undefined)
    found(`refused without reason: ${answer.status} ${JSON.stringify(answer.body)}`)
  return { kind: 'refused', hundredths: undefined, balance }
}

/** Notes an answer saying that the transfer is made. Returns what is wrong with it. */
function note(day: Day, transfer: Transfer, { status, body }: Answer): string | undefined {
  const { account, kind, cents, made } = transfer
  const shown = body as ShownTransfer
  const balance = toSignedHundredths(shown.balance)
  const isDouble = status === 201 && transfer.wasFirst
  transfer.wasFirst ||= status === 201
  if (isDouble) return 'made twice'
  if (shown.account_id !== account.id || shown.kind !== kind || shown.amount !== shownCents(cents))
    return `answered as another than ${kind}, ${shownCents(cents)}`
  if (!Number.isSafeInteger(shown.id) || balance === undefined) return 'answered as no transfer'
  if (made !== undefined) {
    const isSame =
      shown.id === made.id &&
      balance === BigInt(made.balance) &&
      shown.created_at === made.createdAt
    return isSame ? undefined : `repeated as another than ${JSON.stringify(made)}`
  }
  if (account.transfers.has(shown.id))
    return `answered with the transfer of ${account.transfers.get(shown.id)?.key}`
  transfer.made = { id: shown.id, balance: Number(balance), createdAt: shown.created_at }
  account.transfers.set(shown.id, transfer)
  if (kind === 'deposit') {
    day.tally.deposits++
    day.tally.depositedCents += BigInt(cents)
  } else {
    day.tally.withdrawals++
    day.tally.withdrawnCents += BigInt(cents)
  }
  return undefined
}
