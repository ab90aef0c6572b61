import { expect } from 'bun:test'
import { checkLedger } from '@bets/bet-maker/src/infrastructure/ledger-check.ts'
import type { TestDatabase } from '../testing/test-database.ts'

type Databases = Record<'betSql' | 'lineSql', TestDatabase['sql']>

/**
 * What must hold after every fault, once the system is idle again (faults.md): each accepted bet
 * exists once, its state and payout follow from its event's latest version, what was placed after
 * the end is void, the copy of the line is complete, no settlement is owed, and every account adds
 * up. `accepted` maps idempotency keys to the answered ids.
 */
export async function expectInvariants(
  databases: Databases,
  accepted: ReadonlyMap<string, number>,
): Promise<void> {
  await expectBetsOnce(databases, accepted)
  const { line, copy } = await lineAndCopy(databases)
  expect(copy).toEqual(line)
  await expectBetsFollow(databases)
  await expectLedgerAddsUp(databases)
}

/** Every rule of the ledger holds. */
async function expectLedgerAddsUp({ betSql }: Pick<Databases, 'betSql'>): Promise<void> {
  await checkLedger(betSql, (rule, faults) => expect([rule, faults]).toEqual([rule, []]))
}

/** Each accepted bet exists once, with the answered id. */
export async function expectBetsOnce(
  { betSql }: Pick<Databases, 'betSql'>,
  accepted: ReadonlyMap<string, number>,
): Promise<void> {
  const stored = await betSql<{ idempotency_key: string; id: number }[]>`
    select idempotency_key, id from bets where idempotency_key is not null`
  const idOf = new Map(stored.map((row) => [row.idempotency_key, row.id]))
  expect(stored).toHaveLength(idOf.size)
  for (const [key, id] of accepted) expect(idOf.get(key)).toBe(id)
}

/**
 * What must hold for the copy after the line was restored: it has every event of the restored line,
 * and betting is closed on events that the line no longer has.
 */
export async function expectCopyFollows(databases: Databases): Promise<void> {
  const { line, copy } = await lineAndCopy(databases)
  const ids = new Set(line.map(({ event_id }) => event_id))
  expect(copy.filter(({ event_id }) => ids.has(event_id))).toEqual(line)
  const gone = copy.filter(({ event_id }) => !ids.has(event_id))
  expect(gone.filter(({ state, suspended }) => state === 'NEW' && !suspended)).toEqual([])
}

async function lineAndCopy({ betSql, lineSql }: Databases) {
  const columns = betSql`
    event_id, coefficient_hundredths, deadline, state, suspended, version, ended_at`
  const line = await lineSql`
    select event_id, coefficient_hundredths, deadline, state, suspended, version, ended_at
    from events order by event_id`
  const copy = await betSql`select ${columns} from line_events order by event_id`
  return { line: [...line], copy: [...copy] }
}

/** States and payouts of bets follow from their events' versions; no settlement is owed. */
export async function expectBetsFollow({ betSql }: Pick<Databases, 'betSql'>): Promise<void> {
  const wrong = await betSql`
    select b.id, b.state, b.payout_cents, e.state as event_state
    from bets b left join line_events e using (event_id)
    cross join lateral (
      select case when b.created_at > e.void_after and b.created_at <= e.void_until
                  then 'CANCELLED' else e.state end as state
    ) due
    where (b.state, b.payout_cents) is distinct from (
      case due.state when 'NEW' then 'PENDING' when 'FINISHED_WIN' then 'WIN'
                   when 'FINISHED_LOSE' then 'LOSE' when 'CANCELLED' then 'VOID' end,
      case due.state when 'FINISHED_WIN'
                   then div(b.sum_cents::numeric * b.coefficient_hundredths + 50, 100)::bigint
                   when 'FINISHED_LOSE' then 0 when 'CANCELLED' then b.sum_cents end)
    limit 5`
  expect([...wrong]).toEqual([])
  expect([
    ...(await betSql`select event_id from line_events where settled_version < state_version`),
  ]).toEqual([])
}
