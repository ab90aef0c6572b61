import type { TestDatabase } from '../../testing/test-database.ts'

/** One commit in so many is delayed, by up to so many seconds. */
const ONE_IN = 8
const UP_TO_SECONDS = 0.06

/**
 * Delays the commits of some placements and changes, as a busy disk does: what a transaction has
 * decided stays invisible to others for a while. On a fast machine hardly anything would happen in
 * between.
 */
export async function slowDown(
  lineSql: TestDatabase['sql'],
  betSql: TestDatabase['sql'],
): Promise<void> {
  const take = `
    create function take_time() returns trigger language plpgsql as $$
    begin
      if random() < 1.0 / ${ONE_IN} then perform pg_sleep(random() * ${UP_TO_SECONDS}); end if;
      return null;
    end $$;`
  const atCommit = 'deferrable initially deferred for each row'
  await betSql.unsafe(`${take}
    create constraint trigger slow after insert on bets ${atCommit} execute function take_time()`)
  await lineSql.unsafe(`${take}
    create constraint trigger slow after insert or update on events ${atCommit}
      when (new.seq is null) execute function take_time()`)
}
