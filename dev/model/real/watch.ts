import { must } from '../bets-ledger.ts'
import type { RealRun } from './run.ts'

const LOOK_EVERY_MS = 30
/**
 * Half of how old the feed may be (FEED_MAX_AGE_MS): one that is fresher stays fresh enough for
 * longer than we look away.
 */
const SURELY_FRESH_MS = 10_000
/** More than there are in a time in which a pass comes to its end. */
const MOMENTS = 2_000

interface Seen {
  nowMs: number
  freshAtMs: number | null
  copy: { event_id: string; version: number }[]
  leftBehind: number[]
}

/**
 * Looks at bet-maker's database again and again while a run goes on, each time at one snapshot, and
 * holds against it what must be true at every moment: what was answered before the latest complete
 * pass began is in the copy, whatever happened to messages; of an event that is noted as settled,
 * no bet is behind. All times are bet-maker's database's.
 */
export class Watch {
  /** What the line had certainly answered at some moments. */
  readonly #moments: { atMs: number; versions: number[] }[] = []
  /**
   * Counts what was done to the gate from outside: a look that began before says nothing of what is
   * after.
   */
  #interventions = 0

  constructor(private readonly run: RealRun) {}

  async lookUntil(over: () => boolean): Promise<void> {
    while (!over()) {
      await this.#look()
      await Bun.sleep(LOOK_EVERY_MS)
    }
  }

  /**
   * Lets so much time pass that what is known of the line is too old, until the next pass has
   * ended.
   */
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
    this.#judgePass(seen)
    this.#moments.push({ atMs: seen.nowMs, versions })
    if (this.#moments.length > MOMENTS) this.#moments.shift()
    if (interventions !== this.#interventions) return
    const fresh = seen.freshAtMs !== null && seen.freshAtMs > seen.nowMs - SURELY_FRESH_MS
    if (fresh) run.gate = 'open'
  }

  #judgePass({ freshAtMs, copy }: Seen): void {
    const { run } = this
    const known = new Map(copy.map(({ event_id, version }) => [event_id, version]))
    const before = this.#moments.findLast(({ atMs }) => freshAtMs !== null && atMs <= freshAtMs)
    for (let event = 0; event < run.line.versions.length; event++) {
      const version = known.get(run.line.idOf(event)) ?? 0
      run.learn(event, version)
      const due = before?.versions[event] ?? 0
      must(version >= due, 'a pass has missed something', { event, version, due })
    }
  }
}
