import type { SportingEvent } from '@bets/domain/event'
import { BrokerUnavailableError } from '@bets/domain/message-broker'
import { createEvents } from '@bets/line-provider/src/infrastructure/event.repository.ts'
import { EVENTS } from './actions.ts'
import { toBetAnswer, toMoveAnswer, toPutAnswer } from './answers.ts'
import { BetsLedger, type Gate, must } from './bets-ledger.ts'
import type { Databases } from './databases.ts'
import { HostileBroker } from './hostile-broker.ts'
import { type AnyProcess, InFlight } from './in-flight.ts'
import { LineLedger, type PutAnswer } from './line-ledger.ts'
import type { Change, Stake } from './model.ts'
import { MoneyLedger, type Move } from './money-ledger.ts'
import { createSystem, type ModelTime, type System } from './system.ts'
import { toBetRequest, toTransferRequest } from './toward-use-cases.ts'

/** One run: the system, the model, and the work in flight between them. */
export class Run {
  readonly id = `r${crypto.randomUUID().slice(0, 8)}`
  readonly broker = new HostileBroker()
  readonly system: System
  readonly line = new LineLedger(EVENTS, this.id)
  readonly bets = new BetsLedger()
  readonly money = new MoneyLedger()
  /** The version of each event that bet-maker certainly knows. */
  readonly known: number[] = new Array(EVENTS).fill(0)
  #gate: Gate = 'either'
  readonly #time: ModelTime = { hours: 0, noted: 0 }
  #syncsBegun = 0
  readonly #flight: InFlight
  readonly #changing = new Set<number>()

  constructor(readonly databases: Databases) {
    this.system = createSystem(databases, this.broker, this.#time)
    this.#flight = new InFlight(this.processes, [databases.lineHolder, databases.betHolder])
  }

  get processes(): AnyProcess[] {
    return Object.values(this.system).flat()
  }

  put(on: number, event: number, change: Change): void {
    if (this.#changing.has(event)) return
    this.#changing.add(event)
    const process = this.#one('line', on)
    const take = async (answer: PutAnswer): Promise<void> => {
      if (answer.kind !== 'unknown') this.line.judge(event, change, answer)
      // Held at its commit, it stays in doubt.
      else if (process.active > 0) return this.#flight.answer('put', () => take(answer))
      else this.line.recover(event, change, await this.lookAtLine(event))
      this.#changing.delete(event)
    }
    this.#flight.start(
      process,
      ({ putEvent }) => putEvent(this.line.toEventChange(event, change)),
      'put',
      (ended) => take(toPutAnswer(ended)),
    )
  }

  /** Two concurrent changes of one event: one of the two orders must explain both answers. */
  async putTwo(event: number, changes: readonly [Change, Change]): Promise<void> {
    const lines = this.system.line
    const held = this.#changing.size > 0 || this.databases.lineHolder.holds
    if (held || lines.some(({ stepped }) => stepped)) return
    for (const process of lines) process.cutAt(undefined)
    const ended = await Promise.all(
      changes.map((change, on) =>
        this.#one('line', on).start(({ putEvent }) =>
          putEvent(this.line.toEventChange(event, change)),
        ),
      ),
    )
    const inOrder = [0, 1].map((index) => ({
      change: changes[index] as Change,
      answer: toPutAnswer(ended[index] as (typeof ended)[number]),
    }))
    const before = [...this.line.of(event)]
    try {
      for (const { change, answer } of inOrder) this.line.judge(event, change, answer)
    } catch {
      this.line.versions[event] = before
      for (const { change, answer } of inOrder.reverse()) this.line.judge(event, change, answer)
    }
  }

  place(on: number, stake: Stake): void {
    const process = this.#one('api', on)
    const losses = process.losses
    const attempt = this.bets.begin(stake, {
      knownBefore: this.known[stake.event] ?? 0,
      existedBefore: this.line.latest(stake.event) !== undefined,
      gate: this.#gate,
    })
    this.#flight.start(
      process,
      ({ placeBet }) => placeBet(toBetRequest(this.id, this.line, stake)),
      'bet',
      (ended) => {
        this.bets.judge(
          attempt,
          toBetAnswer(ended, process.losses > losses),
          this.line.of(stake.event),
        )
        if (attempt.status !== 'accepted') return
        this.#learn(stake.event, this.bets.accepted.get(stake.cents)?.version ?? 0)
      },
    )
  }

  /** Moves money into an account or out of it. */
  transfer(on: number, move: Move): void {
    const process = this.#one('api', on)
    const losses = process.losses
    const attempt = this.money.begin(move)
    this.#flight.start(
      process,
      ({ makeTransfer }) => makeTransfer(toTransferRequest(this.id, move)),
      'put',
      (ended) => this.money.judge(attempt, toMoveAnswer(ended, process.losses > losses)),
    )
  }

  sync(on: number): void {
    const before = this.line.now()
    const { hours } = this.#time
    this.#syncsBegun++
    if (this.#gate !== 'open') this.#setGate('either')
    this.#flight.start(
      this.#one('worker', on),
      ({ syncFeed }) => syncFeed(),
      'fact',
      async (ended) => {
        if (ended.kind !== 'answered' || ended.value !== 'complete') return
        before.forEach((version, event) => {
          this.#learn(event, version)
        })
        await this.#checkCopy()
        if (hours === this.#time.hours) this.#setGate('open')
      },
    )
  }

  settle(on: number): void {
    this.#flight.start(
      this.#one('worker', on),
      ({ settleOwed }) => settleOwed(),
      'fact',
      () => {},
    )
  }

  relay(on: number): void {
    const brokerIsDown = (error: unknown) => error instanceof BrokerUnavailableError
    this.#flight.start(
      this.#one('relay', on),
      (relay) => relay.round(),
      'fact',
      () => {},
      brokerIsDown,
    )
  }

  deliver(on: number, picks: readonly number[]): void {
    const work = ({ consumer }: { consumer: Parameters<HostileBroker['deliver']>[0] }) =>
      this.broker.deliver(consumer, picks)
    this.#flight.start(this.#one('worker', on), work, 'fact', (ended) => {
      if (ended.kind !== 'answered') return
      // An earlier run that failed may have left messages of its own events.
      for (const id of ended.value.filter((id) => id.startsWith(`${this.id}.`))) {
        const [, event, version] = /\.(\d+):(\d+)$/.exec(id) ?? []
        this.#learn(Number(event), Number(version))
      }
    })
  }

  /** Makes the copy of the line too old for bets. */
  async age(): Promise<void> {
    await this.databases
      .lookAtBets`update feed_position set fresh_at = fresh_at - interval '1 hour'`
    this.#time.hours++
    // A feed sync that has not recorded its start yet, or died before, may still open the gate.
    this.#setGate(this.#time.noted < this.#syncsBegun ? 'either' : 'closed')
  }

  /** Expires the lease of the relay. */
  async endLease(): Promise<void> {
    await this.databases.lookAtLine`update relay_lease set lease_until = '-infinity'`
  }

  get holds(): boolean {
    return this.databases.lineHolder.holds || this.databases.betHolder.holds
  }

  quiet(): Promise<void> {
    return this.#flight.quiet()
  }

  /** Releases everything and waits until all work has ended. */
  async join(): Promise<void> {
    await this.release()
    for (const process of this.processes) {
      process.cutAt(undefined)
      process.setStepped(false)
    }
    await this.quiet()
    must(!this.#flight.inDoubt, 'answers stay in doubt')
  }

  /** Leaves nothing behind that could disturb the next run, even after a failure. */
  async abandon(): Promise<void> {
    await this.release()
    for (const process of this.processes) process.kill()
    while (this.processes.some(({ active }) => active > 0)) await Bun.sleep(1)
  }

  async release(): Promise<void> {
    await this.databases.lineHolder.release()
    await this.databases.betHolder.release()
  }

  lookAtLine(event: number): Promise<SportingEvent | undefined> {
    return createEvents(this.databases.lookAtLine).find(this.line.idOf(event))
  }

  async #checkCopy(): Promise<void> {
    const rows = await this.databases.lookAtBets<{ event_id: string; version: number }[]>`
      select event_id, version from line_events where event_id like ${`${this.id}.%`}`
    const versions = new Map(rows.map(({ event_id, version }) => [event_id, version]))
    for (const [event, version] of this.known.entries())
      must((versions.get(this.line.idOf(event)) ?? 0) >= version, 'the copy has missed something', {
        event,
        version,
        rows,
      })
  }

  #one<R extends keyof System>(role: R, on: number): System[R][0] {
    return this.system[role][on] as System[R][0]
  }

  #setGate(gate: Gate): void {
    this.#gate = gate
    this.bets.sawGate(gate)
  }

  #learn(event: number, version: number): void {
    this.known[event] = Math.max(this.known[event] ?? 0, version)
  }
}
