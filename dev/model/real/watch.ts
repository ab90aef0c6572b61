import { must } from '../bets-ledger.ts'
import type { RealRun } from './run.ts'

const LOOK_EVERY_MS = 30
/** Half of FEED_MAX_AGE_MS: a fresher feed stays fresh until long after the next look. */
const SURELY_FRESH_MS = 10_000
/** More than during one feed sync. */
const MOMENTS = 2_000

interface Seen {
  nowMs: number
  freshAtMs: number | null
  copy: { event_id: string; version: number }[]
  leftBehind: number[]
}

/**
 * Reads a snapshot of bet-maker's database again and again during a run, and checks what must hold
 * at every moment: what the line answered before the latest complete feed sync began is in the
 * copy, whatever happened to messages, and a settled event has no unsettled bets. All times are by
 * the clock of bet-maker's database.
 */
export class Watch {
  /** What the line had certainly answered, by time. */
  readonly #moments: { atMs: number; versions: number[] }[] = []
  /**
   * Counts the changes to the gate from outside: a look that began before one says nothing about
   * the time after it.
   */
  #interventions = 0

  constructor(private readonly run: RealRun) {}

  async lookUntil(over: () => boolean): Promise<void> {
    while (!over()) {
      await this.#look()
      await Bun.sleep(LOOK_EVERY_MS)
    }
  }

  /** Makes the copy of the line too old, until the next feed sync has completed. */
  async age(): Promise<void> {
    this.setGate('either')
    await this.run.fleet.betSql`update feed_position set fresh_at = fresh_at - interval '1 hour'`
    this.setGate('either')
  }

  setGate(gate: 'either' | 'closed'): void {
    this.#interventions++
    this.run.gate = gate
  }

  async #look(): Promise<void> {
    const { run } = this
    const versions = run.line.now()
    const interventions = this.#interventions
    const [seen] = await run.fleet.betSql<[Seen]>`
      select extract(epoch from clock_timestamp())::double precision * 1000 as "nowMs",
             extract(epoch from fresh_at)::double precision * 1000 as "freshAtMs",
             (select coalesce(
                json_agg(json_build_object('event_id', event_id, 'version', version)), '[]')
              from line_events where event_id between ${`${run.id}.`} and ${`${run.id}/`}) as copy,
             (select coalesce(json_agg(b.id), '[]')
              from line_events e join bets b on b.event_id = e.event_id
              where e.event_id between ${`${run.id}.`} and ${`${run.id}/`}
                and e.settled_version >= e.state_version
                and b.applied_version < e.state_version) as "leftBehind"
      from feed_position`
    must(seen.leftBehind.length === 0, 'bets were left behind by a settlement', seen)
    this.#checkSync(seen)
    this.#moments.push({ atMs: seen.nowMs, versions })
    if (this.#moments.length > MOMENTS) this.#moments.shift()
    if (interventions !== this.#interventions) return
    const fresh = seen.freshAtMs !== null && seen.freshAtMs > seen.nowMs - SURELY_FRESH_MS
    if (fresh) run.gate = 'open'
  }

  #checkSync({ freshAtMs, copy }: Seen): void {
    const { run } = this
    const known = new Map(copy.map(({ event_id, version }) => [event_id, version]))
    const before = this.#moments.findLast(({ atMs }) => freshAtMs !== null && atMs <= freshAtMs)
    for (let event = 0; event < run.line.versions.length; event++) {
      const version = known.get(run.line.idOf(event)) ?? 0
      run.learn(event, version)
      const due = before?.versions[event] ?? 0
      must(version >= due, 'a feed sync has missed a change', { event, version, due })
    }
  }
}
