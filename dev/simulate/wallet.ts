import { type ShownAccount, toSignedHundredths } from '../traffic/shown.ts'
import { AccountBook, type Transfer } from './account-book.ts'
import type { Day } from './day.ts'
import { untilKnown } from './follow-ups.ts'
import { between, type Random } from './random.ts'
import { sendTransfer } from './send-transfer.ts'

/** A bettor's money at bet-maker: deposits it, tops it up and withdraws what was won. */
export class Wallet {
  readonly account: AccountBook
  #isOpen = false
  #transfers = 0

  constructor(
    private readonly day: Day,
    private readonly random: Random,
    client: number,
    /** Keys of transfers and bets are separate, so they are the same on purpose. */
    private readonly keySpace: string,
  ) {
    // As keys do, accounts of different clients have the same ids.
    this.account = new AccountBook(client, keySpace)
    day.accounts.push(this.account)
  }

  /** Opens the account with a first deposit, if that has not been done. False if it failed. */
  async open(): Promise<boolean> {
    if (this.#isOpen) return true
    this.#isOpen = await this.#transfer('deposit', this.#depositCents())
    return this.#isOpen
  }

  /** Deposits enough for a bet that was refused at this balance. */
  async topUp(betCents: number, balance: number): Promise<boolean> {
    const isDone = await this.#transfer('deposit', betCents - balance + this.#depositCents())
    if (isDone) this.day.tally.topUps++
    return isDone
  }

  /** Withdraws what is beyond the usual deposit, if that is much. */
  async withdrawWinnings(): Promise<void> {
    const { betsUrl, clientTokens } = this.day.options
    const url = `${betsUrl}/accounts/${this.account.id}`
    const token = clientTokens[this.account.client]
    const { answer } = await this.day.wire.send('GET', url, { token })
    if (answer?.status !== 200) return
    const balance = Number(toSignedHundredths((answer.body as ShownAccount).balance) ?? 0)
    this.account.seenCents.add(balance)
    const kept = this.#depositCents()
    if (balance > 2 * kept) await this.#transfer('withdrawal', balance - kept)
  }

  #depositCents(): number {
    return Math.round(between(this.random, 2_000, 10_000))
  }

  /** Repeats the transfer with its key until its outcome is known; sometimes it is sent twice. */
  async #transfer(kind: Transfer['kind'], cents: number): Promise<boolean> {
    const key = `${this.keySpace}.${this.#transfers++}`
    const transfer: Transfer = {
      ...{ account: this.account, kind, cents, key },
      ...{ wasFirst: false, made: undefined },
    }
    const until = () => untilKnown(this.day, () => sendTransfer(this.day, transfer))
    const [outcome] = await Promise.all(this.random() < 0.1 ? [until(), until()] : [until()])
    if (outcome === undefined && !this.day.interrupted)
      this.day.findings.add(
        `the ${kind} ${key} of ${this.account.name}: its outcome stayed unknown`,
      )
    return transfer.made !== undefined
  }
}
