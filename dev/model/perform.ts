import type { Action } from './actions.ts'
import type { Stake } from './model.ts'
import { Requests } from './requests.ts'
import type { Run } from './run.ts'

/** Held transactions are released after so many actions or so long: they have a time limit. */
const HELD_FOR = 8
const HELD_FOR_MS = 500

/** Performs a plan. After each action it waits until all work has ended or is held. */
export class Performer {
  readonly #requests: Requests
  #heldFor = 0
  #heldAtMs = 0

  constructor(private readonly run: Run) {
    this.#requests = new Requests(run.line, run.bets)
  }

  async perform(actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      if (action.kind === 'story') {
        await this.perform(action.actions)
        continue
      }
      await this.#do(action)
      await this.run.quiet()
      const tooLong = performance.now() - this.#heldAtMs > HELD_FOR_MS
      if (++this.#heldFor < HELD_FOR && !tooLong) continue
      await this.run.release()
      this.#heldFor = 0
    }
  }

  /** Every request that was made, once. */
  get stakes(): readonly Stake[] {
    return this.#requests.stakes
  }

  async #do(action: Exclude<Action, { kind: 'story' }>): Promise<void> {
    const { run } = this
    switch (action.kind) {
      case 'two_puts': {
        const { event } = action.first
        const second = { ...action.second, event }
        return run.putTwo(event, [
          this.#requests.toChange(action.first),
          this.#requests.toChange(second),
        ])
      }
      case 'age':
        return run.age()
      case 'lease_ends':
        return run.endLease()
      case 'purge':
        return run.broker.purge()
      case 'mood':
        run.broker.mood = action.mood
        return
      case 'hold':
        if (!this.run.holds) {
          this.#heldFor = 0
          this.#heldAtMs = performance.now()
        }
        return (action.at === 'change' ? run.databases.lineHolder : run.databases.betHolder).hold(
          action.at,
        )
      case 'release':
        return run.release()
      case 'stepped':
        return run.system[action.role][action.on]?.setStepped(action.stepped)
      case 'cut':
        return run.system[action.role][action.on]?.cutAt(action.cut)
      case 'kill':
        return run.system[action.role][action.on]?.kill()
      case 'step':
        for (let n = 0; n < action.times; n++) {
          run.system[action.role][action.on]?.step()
          await run.quiet()
        }
        return
      case 'together':
        for (const each of action.actions) if (each.kind !== 'story') await this.#do(each)
        return
      default:
        this.#start(action)
    }
  }

  #start(
    action: Extract<
      Action,
      {
        kind:
          | 'put'
          | 'bet'
          | 'again'
          | 'transfer'
          | 'transfer_again'
          | 'relay'
          | 'sync'
          | 'settle'
          | 'deliver'
      }
    >,
  ) {
    const { run } = this
    switch (action.kind) {
      case 'put':
        return run.put(action.on, action.event, this.#requests.toChange(action))
      case 'bet':
        return run.place(action.on, this.#requests.newBet(action))
      case 'again': {
        const stake = this.#requests.again(action.which, action.alter)
        return stake && run.place(action.on, stake)
      }
      case 'transfer':
        return run.transfer(action.on, this.#requests.newMove(action))
      case 'transfer_again': {
        const move = this.#requests.moveAgain(action.which)
        return move && run.transfer(action.on, move)
      }
      case 'deliver':
        return run.deliver(action.on, action.picks)
      default:
        return run[action.kind](action.on)
    }
  }
}
