import type { System } from '../e2e/system.ts'
import { randomOf } from '../simulate/random.ts'
import { get } from '../traffic/client.ts'

const TEAMS = 'ajax basel celtic derby everton fulham getafe hertha inter juve'.split(' ')
const EVENTS = 36
const BETS = 1_500
const BETS_OVER_S = 600

const coefficientOf = (next: () => number) => (1.1 + next() ** 2 * 7).toFixed(2)
const nameOf = (event: number) => {
  const guest = event * 3 + 1 + Math.floor(event / TEAMS.length)
  return `${TEAMS[event % TEAMS.length]}-${TEAMS[guest % TEAMS.length]}-${event + 1}`
}

/**
 * Inserts a busy afternoon: events that close one after the other, and ten minutes of bets in every
 * state.
 */
export async function fillMatchDay(system: System): Promise<void> {
  // Always the same numbers, so that pictures differ only by changes of the page.
  const next = randomOf(7)
  const nowS = Math.floor(Date.now() / 1000)
  for (let event = 0; event < EVENTS; event++)
    await system.open(nameOf(event), {
      coefficient: coefficientOf(next),
      deadline: nowS + 240 + Math.floor(event ** 1.9) * 37,
    })
  const rows = Array.from({ length: BETS }, (_, bet) => {
    const sum = Math.round(100 * (1 + next() ** 3 * 199))
    const coefficient = Math.round(100 * Number(coefficientOf(next)))
    // The older a bet, the likelier it is settled. In the long run the house keeps 7 %.
    const ago = BETS_OVER_S * (1 - (bet + next()) / BETS)
    const isOver = next() < 0.35 + (0.6 * ago) / BETS_OVER_S
    const state = !isOver
      ? 'PENDING'
      : next() < 0.03
        ? 'VOID'
        : next() < 93 / coefficient
          ? 'WIN'
          : 'LOSE'
    const payout = {
      PENDING: null,
      WIN: Math.round((sum * coefficient) / 100),
      LOSE: 0,
      VOID: sum,
    }[state]
    return { bet, event: nameOf(Math.floor(next() * EVENTS)), sum, coefficient, state, payout, ago }
  })
  rows.sort((one, other) => other.ago - one.ago)
  await system.betSql`
    insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                      state, payout_cents, created_at, settled_at, client, accept_odds)
    select r.event, r.sum, r.coefficient, 1, 1, r.state, r.payout,
           now() - r.ago * interval '1 second',
           case when r.payout is not null then now() end, 'anna', 'any'
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r (bet integer, event text, sum bigint, coefficient integer, state text, payout bigint,
            ago float8)
    order by r.ago desc`
}

/** Changes two of three coefficients, up or down. */
export async function moveCoefficients(system: System): Promise<void> {
  const shown = (await get(`${system.lineUrl}/events`)) as unknown as {
    event_id: string
    coefficient: string
  }[]
  for (const [index, { event_id, coefficient }] of shown.entries())
    if (index % 3 !== 1)
      await system.change({
        event_id,
        coefficient: Math.max(
          1.01,
          Number(coefficient) + (index % 2 ? 0.05 : -0.08) * (1 + (index % 4)),
        ).toFixed(2),
      })
}
