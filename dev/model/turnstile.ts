import type { TestDatabase } from '../testing/test-database.ts'

type Sql = TestDatabase['sql']

/**
 * Where a transaction can be held inside one of our statements: a placement just before it takes
 * the placement barrier, a placement or a change of the line just before it commits. Each is an
 * advisory lock that the transaction takes and releases, and that the model may hold.
 */
const TURNSTILES = { lock: 7_401, commit: 7_402, change: 7_403 } as const
export type Turnstile = keyof typeof TURNSTILES

/** Only these connections are held, not those with which the model heals and checks. */
export const HELD_APPLICATION = 'model-held'
/** Shorter than the service's, because the model often holds placements on purpose and waits. */
const AWAIT_TIMEOUT = '10ms'

const FUNCTIONS = `
  create function pass_turnstile(id bigint) returns void language plpgsql volatile as $$
  begin
    if current_setting('application_name') <> '${HELD_APPLICATION}' then return; end if;
    perform pg_advisory_lock_shared(id);
    perform pg_advisory_unlock_shared(id);
  end $$;
  create function hold_at_commit() returns trigger language plpgsql as $$
  begin
    perform pass_turnstile(tg_argv[0]::bigint);
    return null;
  end $$;`

export async function buildBetTurnstiles(sql: Sql): Promise<void> {
  await sql.unsafe(`${FUNCTIONS}
    alter function placement_barrier() rename to true_placement_barrier;
    create function placement_barrier() returns bigint language plpgsql volatile as $$
    begin
      perform pass_turnstile(${TURNSTILES.lock});
      return true_placement_barrier();
    end $$;
    alter function await_placements() set lock_timeout = '${AWAIT_TIMEOUT}';
    create constraint trigger held after insert on bets deferrable initially deferred
      for each row execute function hold_at_commit(${TURNSTILES.commit})`)
}

export async function buildLineTurnstile(sql: Sql): Promise<void> {
  await sql.unsafe(`${FUNCTIONS}
    create constraint trigger held after insert or update on events deferrable initially deferred
      for each row execute function hold_at_commit(${TURNSTILES.change})`)
}

/** Holds all transactions at a turnstile of a database, with one connection. */
export class Holder {
  readonly #held = new Set<Turnstile>()

  constructor(private readonly sql: Sql) {}

  get holds(): boolean {
    return this.#held.size > 0
  }

  async hold(turnstile: Turnstile): Promise<void> {
    if (this.#held.has(turnstile)) return
    this.#held.add(turnstile)
    await this.sql`select pg_advisory_lock(${TURNSTILES[turnstile]})`
  }

  async release(): Promise<void> {
    for (const turnstile of this.#held)
      await this.sql`select pg_advisory_unlock(${TURNSTILES[turnstile]})`
    this.#held.clear()
  }

  /** The number of held transactions. */
  async waiting(): Promise<number> {
    if (!this.holds) return 0
    const [row] = await this.sql<[{ count: number }]>`
      select count(*) from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())
        and objid in (${TURNSTILES.lock}, ${TURNSTILES.commit}, ${TURNSTILES.change})`
    return row.count
  }
}
