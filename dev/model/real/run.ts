import type { SportingEvent } from '@bets/domain/event'
import { fromLineEvent, type LineEvent } from '@bets/domain/line-event'
import { createEvents } from '@bets/line-provider/src/infrastructure/event.repository.ts'
import { eventually } from '../../testing/eventually.ts'
import { ANSWER_TIMEOUT_MS, type Answer, ask, codeOf, type Sending } from '../../traffic/client.ts'
import type { ShownBet } from '../../traffic/shown.ts'
import { type Attempt, type BetAnswer, BetsLedger, type Gate, must } from '../bets-ledger.ts'
import { LineLedger, type PutAnswer } from '../line-ledger.ts'
import { type Change, inDecimals, type Stake } from '../model.ts'
import { cents, MoneyLedger, type Move, type MoveAnswer } from '../money-ledger.ts'
import { accountIdOf } from '../toward-use-cases.ts'
import type { Fleet } from './fleet.ts'
import { REAL_EVENTS } from './plan.ts'

/** How long a statement of a killed process may still take to reach its database. */
const LAST_WORDS_MS = 500
/** A bettor repeats a request after AGAIN_MS, and learns its outcome within KNOWN_WITHIN_MS. */
const AGAIN_MS = 50
const KNOWN_WITHIN_MS = 20_000

/** One run against real processes: the requests, and what their answers allow to be true. */
export class RealRun {
  readonly id = `p${crypto.randomUUID().slice(0, 8)}`
  readonly line = new LineLedger(REAL_EVENTS, this.id)
  readonly bets = new BetsLedger()
  readonly money = new MoneyLedger()
  /** Every version of an event that the line has returned, which messages may repeat. */
  readonly facts: SportingEvent[] = []
  /** The version of each event that bet-maker certainly knows. */
  readonly #known: number[] = new Array(REAL_EVENTS).fill(0)
  readonly #changing = new Map<number, Promise<void>>()
  readonly #judging: Promise<void>[] = []
  #gate: Gate = 'either'

  constructor(readonly fleet: Fleet) {}

  /**
   * Changes an event and applies the answer to the model. Only one change of an event may be in
   * flight.
   */
  change(on: number, event: number, change: Change): Promise<void> {
    const done = this.#change(on, event, change).finally(() => this.#changing.delete(event))
    this.#changing.set(event, done)
    return done
  }

  async #change(on: number, event: number, change: Change): Promise<void> {
    const { eventId, coefficient, ...rest } = this.line.toEventChange(event, change)
    const body = {
      event_id: eventId,
      ...rest,
      ...(coefficient && { coefficient: String(coefficient) }),
    }
    const answer = this.#toPutAnswer(
      event,
      await askOnce('PUT', `${this.#url('line', on)}/event`, { body }),
    )
    if (answer.kind === 'unknown') {
      await this.#lastWords()
      const shown = await this.lookAtLine(event)
      this.line.recover(event, change, shown)
      if (shown !== undefined) this.facts.push(shown)
    } else {
      this.line.judge(event, change, answer)
      if (answer.kind === 'event') this.facts.push(answer.event)
    }
  }

  /** Sends a bet; one with a key is sent until its outcome is known, to the APIs by turns. */
  async place(on: number, stake: Stake): Promise<void> {
    const untilMs = performance.now() + KNOWN_WITHIN_MS
    for (let api = on; ; api++) {
      const answer = await this.#send(api % 2, stake)
      if (answer.kind !== 'unknown' || stake.key === undefined) return
      must(performance.now() < untilMs, 'the outcome of a bet stays unknown', stake)
      await Bun.sleep(AGAIN_MS)
    }
  }

  /**
   * Sends a bet once. Its answer is checked as soon as the versions that it may refer to are known.
   */
  async #send(on: number, stake: Stake): Promise<BetAnswer> {
    const { event } = stake
    const attempt = this.bets.begin(stake, {
      knownBefore: this.#known[event] ?? 0,
      existedBefore: this.line.latest(event) !== undefined,
      gate: this.#gate,
    })
    const answered = await this.post(on, stake)
    const answer = toBetAnswer(attempt, answered)
    if (answer.kind === 'bet') this.learn(event, answer.bet.event_version)
    const change = this.#changing.get(event)
    const versions = this.line.of(event).length + (change === undefined ? 0 : 1)
    const judge = () => this.bets.judge(attempt, answer, this.line.of(event).slice(0, versions))
    if (change === undefined) judge()
    else this.#judgeAfter(change, judge)
    return answer
  }

  /** `keepalive`: see `Sending`. */
  post(on: number, stake: Stake, keepalive = false): Promise<Answer | undefined> {
    const { seen, acceptOdds, account } = stake
    const body = {
      event_id: this.line.idOf(stake.event),
      bet_sum: inDecimals(stake.cents),
      ...(seen !== undefined && { coefficient: inDecimals(seen) }),
      accept_odds: acceptOdds,
      ...(account !== undefined && { account_id: accountIdOf(this.id, account) }),
    }
    const key = stake.key && `${this.id}-${stake.key}`
    return askOnce('POST', `${this.#url('api', on)}/bet`, { body, keepalive, key })
  }

  /** Sends a transfer until its outcome is known, to the APIs by turns. */
  async transfer(on: number, move: Move): Promise<void> {
    const untilMs = performance.now() + KNOWN_WITHIN_MS
    const { account, kind, cents, key } = move
    const body = { account_id: accountIdOf(this.id, account), kind, amount: inDecimals(cents) }
    for (let api = on; ; api++) {
      const attempt = this.money.begin(move)
      const url = `${this.#url('api', api % 2)}/transfers`
      const answer = toMoveAnswer(await askOnce('POST', url, { body, key: `${this.id}-${key}` }))
      this.money.judge(attempt, answer)
      if (answer.kind !== 'unknown') return
      must(performance.now() < untilMs, 'the outcome of a transfer stays unknown', move)
      await Bun.sleep(AGAIN_MS)
    }
  }

  #judgeAfter(change: Promise<void>, judge: () => void): void {
    const judged = change.then(judge)
    // `judged` rethrows it later.
    judged.catch(() => {})
    this.#judging.push(judged)
  }

  /** Waits until every answer has been checked; throws the first failure. */
  async judged(): Promise<void> {
    await Promise.all(this.#judging)
  }

  learn(event: number, version: number): void {
    this.#known[event] = Math.max(this.#known[event] ?? 0, version)
  }

  set gate(gate: Gate) {
    this.#gate = gate
    this.bets.sawGate(gate)
  }

  lookAtLine(event: number): Promise<SportingEvent | undefined> {
    return createEvents(this.fleet.lineSql).find(this.line.idOf(event))
  }

  /**
   * Waits until no earlier statement of line-provider is running: a dead process may have sent one.
   */
  async #lastWords(): Promise<void> {
    await Bun.sleep(LAST_WORDS_MS)
    const { lineSql } = this.fleet
    const [now] = await lineSql<[{ at: string }]>`select clock_timestamp()::text as at`
    await eventually(async () => {
      const active = await lineSql`
        select from pg_stat_activity where datname = current_database() and state = 'active'
          and query like '%change_events%' and pid <> pg_backend_pid()
          and query_start < ${now.at}::timestamptz`
      must(active.length === 0, 'a change never ends')
    })
  }

  #toPutAnswer(event: number, answer: Answer | undefined): PutAnswer {
    const unknown =
      answer === undefined || /^(DATABASE_UNAVAILABLE|OVERLOADED)$/.test(codeOf(answer) ?? '')
    if (unknown) return { kind: 'unknown' }
    if (answer.status >= 300) return { kind: 'refused', code: String(codeOf(answer)) }
    const shown = fromLineEvent(answer.body as LineEvent)
    const kept = shown.version === this.line.latest(event)?.version
    return {
      kind: 'event',
      outcome: answer.status === 201 ? 'created' : kept ? 'kept' : 'changed',
      event: shown,
    }
  }

  #url(role: 'line' | 'api', on: number): string {
    return (this.fleet[role][on] as Fleet['api'][0]).url
  }
}

/** Sends a request that must arrive at most once, unless `sending` says otherwise. */
async function askOnce(
  method: 'PUT' | 'POST',
  url: string,
  sending: Sending,
): Promise<Answer | undefined> {
  const beganMs = performance.now()
  const answer = await ask(method, url, { keepalive: false, ...sending })
  const inTime = performance.now() - beganMs < ANSWER_TIMEOUT_MS
  must(answer !== undefined || inTime, 'no answer for too long', { method, url, sending })
  return answer
}

/**
 * LINE_UNAVAILABLE is for events that the copy may not know, OVERLOADED for any, because the model
 * does not know how fast the machine is. Both mean that nothing was done.
 */
function toBetAnswer(attempt: Attempt, answer: Answer | undefined): BetAnswer {
  if (answer === undefined) return { kind: 'unknown' }
  if (answer.status < 300) {
    const replayed = answer.headers.get('idempotent-replayed') === 'true'
    must(replayed === (answer.status === 200), 'a wrong status', answer.status)
    const bet = answer.body as ShownBet
    must(answer.headers.get('location') === `/bets/${bet.id}`, 'a wrong location', bet)
    return { kind: 'bet', bet, replayed }
  }
  const code = String(codeOf(answer))
  if (code === 'DATABASE_UNAVAILABLE') return { kind: 'unknown' }
  if (code === 'LINE_UNAVAILABLE')
    must(
      attempt.knownBefore === 0 && attempt.earlier === undefined,
      'the line was asked for a known event',
      attempt,
    )
  if (code === 'LINE_UNAVAILABLE' || code === 'OVERLOADED') return { kind: 'shed' }
  return { kind: 'refused', code, extras: answer.body as Record<string, unknown> }
}

function toMoveAnswer(answer: Answer | undefined): MoveAnswer {
  const code = codeOf(answer)
  if (answer === undefined || code === 'DATABASE_UNAVAILABLE') return { kind: 'unknown' }
  if (code === 'OVERLOADED') return { kind: 'shed' }
  const body = answer.body as Record<string, unknown>
  if (code !== undefined) return { kind: 'refused', code, extras: body }
  return {
    kind: 'moved',
    id: Number(body.id),
    cents: cents(body.amount),
    balance: cents(body.balance),
    replayed: answer.status === 200,
  }
}
