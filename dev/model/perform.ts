import type { Action, Bet, Put } from './actions.ts'
import type { Change, Stake } from './model.ts'
import type { Run } from './run.ts'

const THOUSAND = 1_000n
/** After so many actions, or so long, whoever is held up may go on: a transaction has a time limit. */
const HELD_FOR = 8
const HELD_FOR_MS = 500

/** Does what a plan says, waiting after each action until nothing moves by itself. */
export class Performer {
  readonly #stakes: Stake[] = []
  #heldFor = 0
  #heldAtMs = 0

  constructor(private readonly run: Run) {}

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
    return this.#stakes
  }

  async #do(action: Exclude<Action, { kind: 'story' }>): Promise<void> {
    const { run } = this
    switch (action.kind) {
      case 'two_puts': {
        const { event } = action.first
        const second = { ...action.second, event }
        return run.putTwo(event, [this.#toChange(action.first), this.#toChange(second)])
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
        return (action.at === 'change' ? run.databases.lineHolder : run.databases.betHolder).hold(action.at)
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
    action: Extract<Action, { kind: 'put' | 'bet' | 'again' | 'relay' | 'pass' | 'settle' | 'deliver' }>,
  ) {
    const { run } = this
    switch (action.kind) {
      case 'put':
        return run.put(action.on, action.event, this.#toChange(action))
      case 'bet':
        return run.place(action.on, this.#newStake(this.#toStake(action)))
      case 'again': {
        const keyed = this.#stakes.filter(({ key }) => key !== undefined)
        const stake = keyed[action.which % Math.max(keyed.length, 1)]
        return stake && run.place(action.on, this.#altered(stake, action.alter))
      }
      case 'deliver':
        return run.deliver(action.on, action.picks)
      default:
        return run[action.kind](action.on)
    }
  }

  #toChange({ event, bare, change }: Put): Change {
    const { coefficient, state, ...rest } = change
    const isNew = this.run.line.latest(event) === undefined && !bare
    return {
      ...(isNew && { coefficient: 150n, deadlineAhead: true }),
      ...rest,
      ...(coefficient !== undefined && { coefficient: BigInt(coefficient) }),
      ...(state !== undefined && !isNew && { state }),
    }
  }

  #toStake({ event, thousands, seen, acceptOdds, key }: Bet): Stake {
    const price = this.run.line.latest(event)?.coefficient ?? 150n
    const prices = { none: undefined, same: price, lower: max(price - 1n, 100n), higher: min(price + 1n) }
    return {
      event,
      cents: BigInt(thousands) * THOUSAND,
      seen: prices[seen],
      acceptOdds: seen === 'none' ? 'any' : acceptOdds,
      key: key === undefined ? undefined : `k${key}`,
    }
  }

  /** Notes a request, with a stake that no other of the run has. */
  #newStake(stake: Stake): Stake {
    const own = { ...stake, cents: (stake.cents / THOUSAND) * THOUSAND + BigInt(this.#stakes.length + 1) }
    this.#stakes.push(own)
    return own
  }

  /** The same request, or one that differs in one thing, if the bet was certainly taken; else in its stake as well. */
  #altered(stake: Stake, alter: Extract<Action, { kind: 'again' }>['alter']): Stake {
    if (alter === 'nothing') return stake
    if (alter === 'cents') return this.#newStake(stake)
    const { event, seen, acceptOdds } = stake
    const seenOther = max((seen ?? 150n) - 1n, 100n)
    const others: Record<typeof alter, Stake> = {
      event: { ...stake, event: event === 0 ? 1 : 0 },
      seen: { ...stake, seen: seenOther === seen ? 101n : seenOther },
      odds: { ...stake, seen: seen ?? 150n, acceptOdds: acceptOdds === 'exact' ? 'higher' : 'exact' },
    }
    const wasTaken = this.run.bets.taken.get(stake.cents)?.stake === stake
    return wasTaken ? others[alter] : this.#newStake(others[alter])
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint): bigint {
  return a < 9_999_999n ? a : 9_999_999n
}
