import { toLineEvent } from '@bets/domain/line-event'
import { eventually } from '../../testing/eventually.ts'
import { must } from '../bets-ledger.ts'
import type { Base, Fleet } from './fleet.ts'
import type { Member } from './member.ts'
import type { Fault } from './plan.ts'
import type { RealRun } from './run.ts'
import type { Watch } from './watch.ts'
import { poison, purge, repeat } from './wire.ts'

/** How long nobody reads a stale feed. */
const DROUGHT_MS = 300
const WORKER = 'bet-maker-worker'
const CLIENTS: Record<Base, readonly string[]> = {
  line: ['line-provider'],
  bet: ['bet-maker', WORKER],
}

/**
 * Applies the faults of a plan to the processes and the connections between them. Long ones
 * continue in the background until `healed`.
 */
export class Faults {
  readonly #ongoing: Promise<void>[] = []
  kills = 0

  constructor(
    private readonly run: RealRun,
    private readonly watch: Watch,
  ) {}

  async happen(fault: Fault): Promise<void> {
    const { fleet } = this.run
    switch (fault.kind) {
      case 'kill':
        return this.#kill(fleet[fault.role][fault.on] as Member)
      case 'pause':
        return this.#pause(fleet.worker[fault.on] as Member, fault.forMs)
      case 'terminate':
        return terminateConnections(fleet, fault.base)
      case 'repeat': {
        const { facts } = this.run
        const picked = fault.picks.flatMap((pick) => facts[pick % Math.max(facts.length, 1)] ?? [])
        return repeat(fleet.brokerUrl, picked.map(toLineEvent))
      }
      case 'purge':
        return purge(fleet.brokerUrl)
      case 'poison':
        return poison(fleet.brokerUrl)
      case 'lease_ends':
        return endLease(fleet)
      case 'age':
        return this.watch.age()
      case 'drought':
        return this.#drought(fleet)
    }
  }

  /** Resolves when everything is up again. The relay need not wait for a dead one's lease. */
  async healed(): Promise<void> {
    await Promise.all(this.#ongoing)
    const { fleet } = this.run
    for (const member of fleet.members) member.resume()
    await Promise.all(fleet.members.map((member) => member.ready()))
    await endLease(fleet)
  }

  /** Restarts the process while the run continues. */
  async #kill(member: Member): Promise<void> {
    await member.kill()
    this.kills++
    this.#ongoing.push(member.start())
  }

  #pause(member: Member, forMs: number): void {
    member.pause()
    this.#ongoing.push(Bun.sleep(forMs).then(() => member.resume()))
  }

  /**
   * The feed becomes stale while no worker is alive and no statement of one is still running: no
   * bet may be accepted.
   */
  async #drought({ worker, betSql }: Fleet): Promise<void> {
    await Promise.all(worker.map((member) => member.kill()))
    this.kills += worker.length
    await eventually(async () => {
      const left = await betSql`
        select from pg_stat_activity
        where datname = current_database() and application_name = ${WORKER}`
      must(left.length === 0, 'a statement of a dead worker is still running')
    })
    await this.watch.age()
    this.watch.setGate('closed')
    await Bun.sleep(DROUGHT_MS)
    this.watch.setGate('either')
    for (const member of worker) this.#ongoing.push(member.start())
  }
}

/** Terminates the connections of the project's processes to a database. */
export async function terminateConnections({ lineSql, betSql }: Fleet, base: Base): Promise<void> {
  const sql = { line: lineSql, bet: betSql }[base]
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name in ${sql(CLIENTS[base])}`
}

/** Expires the lease of the relay. */
async function endLease({ lineSql }: Fleet): Promise<void> {
  await lineSql`update relay_lease set lease_until = '-infinity'`
}
