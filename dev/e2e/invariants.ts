import { expect } from 'bun:test'
import type { System } from './system.ts'

/**
 * What must hold after every fault, once everything has come to rest (faults.md): each accepted bet exists once, its
 * state and payout are what its event's latest version means, the copy of the line is complete, nothing is owed.
 * `accepted` maps idempotency keys to the ids that were answered.
 */
export async function expectInvariants(
  { betSql, lineSql }: Pick<System, 'betSql' | 'lineSql'>,
  accepted: ReadonlyMap<string, number>,
): Promise<void> {
  const stored = await betSql<{ idempotency_key: string; id: number }[]>`
    select idempotency_key, id from bets where idempotency_key is not null`
  const idOf = new Map(stored.map((row) => [row.idempotency_key, row.id]))
  expect(stored).toHaveLength(idOf.size)
  for (const [key, id] of accepted) expect(idOf.get(key)).toBe(id)

  const columns = betSql`event_id, coefficient_hundredths, deadline, state, suspended, version`
  const line = await lineSql`
    select event_id, coefficient_hundredths, deadline, state, suspended, version from events order by event_id`
  const copy = await betSql`select ${columns} from line_events order by event_id`
  expect([...copy]).toEqual([...line])

  const wrong = await betSql`
    select b.id, b.state, b.payout_cents, e.state as event_state
    from bets b left join line_events e using (event_id)
    where (b.state, b.payout_cents) is distinct from (
      case e.state when 'NEW' then 'PENDING' when 'FINISHED_WIN' then 'WIN'
                   when 'FINISHED_LOSE' then 'LOSE' when 'CANCELLED' then 'VOID' end,
      case e.state when 'FINISHED_WIN' then div(b.sum_cents::numeric * b.coefficient_hundredths + 50, 100)::bigint
                   when 'FINISHED_LOSE' then 0 when 'CANCELLED' then b.sum_cents end)
    limit 5`
  expect([...wrong]).toEqual([])
  expect([...(await betSql`select event_id from line_events where settled_version < state_version`)]).toEqual(
    [],
  )
}
