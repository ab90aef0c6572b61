import type { Requests } from '../requests.ts'
import type { Faults } from './faults.ts'
import type { RealPlan } from './plan.ts'
import type { RealRun } from './run.ts'
import type { Watch } from './watch.ts'

/** How long bettors continue after the last change of every event. */
const AFTERMATH_MS = 150

type Bettor = RealPlan['bettors'][0]
type Changer = RealPlan['changers'][0]

/**
 * Performs a plan, all of it concurrently, until every event has had its last change and every
 * process is up again.
 */
export class RealPerformer {
  #faultsOver = false
  #betsOver = false
  #allOver = false
  #failed = false

  constructor(
    private readonly run: RealRun,
    private readonly requests: Requests,
    private readonly watch: Watch,
    private readonly faults: Faults,
  ) {}

  async perform(plan: RealPlan): Promise<void> {
    const { run, watch, faults } = this
    const changes = async () => {
      await this.#all([
        this.#happen(plan.faults),
        ...plan.changers.map((each, event) => this.#change(each, event)),
      ])
      await Bun.sleep(AFTERMATH_MS)
      this.#betsOver = true
    }
    const work = async () => {
      await this.#all([changes(), ...plan.bettors.map((each, bettor) => this.#bet(each, bettor))])
      await faults.healed()
      this.#allOver = true
    }
    await this.#all([work(), watch.lookUntil(() => this.#allOver || this.#failed)])
    await run.judged()
  }

  /**
   * Waits for all to end. When one fails, the others stop, so that nothing is left running in the
   * next run.
   */
  async #all(works: readonly Promise<void>[]): Promise<void> {
    const failures: unknown[] = []
    const end = (error: unknown) => {
      this.#failed = true
      failures.push(error)
    }
    await Promise.all(works.map((work) => work.catch(end)))
    if (failures.length > 0) throw failures[0]
  }

  async #happen(faults: RealPlan['faults']): Promise<void> {
    for (const { afterMs, fault } of faults) {
      await Bun.sleep(afterMs)
      if (this.#failed) return
      await this.faults.happen(fault)
    }
    this.#faultsOver = true
  }

  async #change({ pauseMs, puts, last }: Changer, event: number): Promise<void> {
    for (const put of round(puts)) {
      if (this.#faultsOver || this.#failed) break
      await this.run.change(put.on, event, this.requests.toChange({ ...put, event }))
      await Bun.sleep(pauseMs)
    }
    if (!this.#failed)
      await this.run.change(last.on, event, this.requests.toChange({ ...last, event }))
  }

  async #bet({ pauseMs, rounds }: Bettor, bettor: number): Promise<void> {
    let number = 0
    for (const actions of round(rounds)) {
      if (this.#betsOver || this.#failed) return
      // Each turn has its own keys, or all would soon be used.
      const keySpace = `.${bettor}.${Math.floor(number++ / rounds.length)}`
      const sent = actions.map((action) => {
        if (action.kind === 'transfer')
          return this.run.transfer(action.on, this.requests.newMove(action, keySpace))
        const stake =
          action.kind === 'bet'
            ? this.requests.newBet(action, keySpace)
            : this.requests.again(action.which, action.alter)
        return stake && this.run.place(action.on, stake)
      })
      await Promise.all(sent)
      await Bun.sleep(pauseMs)
    }
  }
}

/** Cycles through the items. */
function* round<T>(items: readonly T[]): Generator<T> {
  for (;;) yield* items
}
