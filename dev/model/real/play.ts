import { eventually } from '../../testing/eventually.ts'
import { type LineListener, listenToLine } from '../../traffic/broker.ts'
import { type Answer, ask } from '../../traffic/client.ts'
import { expectInvariants } from '../../traffic/invariants.ts'
import type { ShownBet, ShownBetWithHistory } from '../../traffic/shown.ts'
import type { AtRest } from '../at-rest.ts'
import { must } from '../bets-ledger.ts'
import { checkEnd } from '../end-checks.ts'
import { Requests } from '../requests.ts'
import { Faults } from './faults.ts'
import type { Fleet } from './fleet.ts'
import { RealPerformer } from './perform.ts'
import type { RealPlan } from './plan.ts'
import { RealRun } from './run.ts'
import { Watch } from './watch.ts'
import { takeDeadLetters } from './wire.ts'

/** More than the stakes of a run. */
const ROOM = 100_000n
const REST_WITHIN_MS = 30_000
const PAGE = 50

export interface Figures {
  sent: number
  accepted: number
  versions: number
  kills: number
}

/**
 * Performs a plan on the fleet, waits until everything is at rest, and checks it. Throws the first
 * failure.
 */
export async function play(fleet: Fleet, plan: RealPlan): Promise<Figures> {
  const listener = await listenToLine(fleet.brokerUrl)
  const run = new RealRun(fleet)
  const watch = new Watch(run)
  const faults = new Faults(run, watch)
  const requests = new Requests(run.line, run.bets, ROOM)
  try {
    await new RealPerformer(run, requests, watch, faults).perform(plan)
    const rest = atRest(run, listener)
    await eventually(() => comeToRest(run, rest), { withinMs: REST_WITHIN_MS })
    await checkEnd(rest, requests.stakes)
    for (const member of fleet.members) member.checkLife()
  } catch (error) {
    // To look for a shorter plan that fails, everything has to be up again, if possible.
    await faults.healed().catch(() => {})
    throw error
  } finally {
    await listener.close()
  }
  const versions = run.line.now().reduce((sum, version) => sum + version, 0)
  return {
    sent: run.bets.attempts.length,
    accepted: run.bets.accepted.size,
    versions,
    kills: faults.kills,
  }
}

/**
 * Throws until the copy is complete, everything is settled, and the latest version of each event
 * has been published.
 */
async function comeToRest(run: RealRun, rest: AtRest): Promise<void> {
  const accepted = [...run.bets.accepted.values()].flatMap(({ stake, id }): [string, number][] =>
    stake.key === undefined ? [] : [[`${run.id}-${stake.key}`, id]],
  )
  await expectInvariants(run.fleet, new Map(accepted))
  for (const [event, version] of run.line.now().entries())
    must(
      version === 0 || rest.wasPublished(`${run.line.idOf(event)}:${version}`),
      'not published',
      event,
    )
}

/** Sends requests to the two APIs by turns. */
function atRest(run: RealRun, { received }: LineListener): AtRest {
  let turn = 0
  const api = () => run.fleet.api[turn++ % 2 === 0 ? 0 : 1].url
  const get = (path: string) => properly(() => ask('GET', `${api()}${path}`, { keepalive: true }))
  return {
    id: run.id,
    line: run.line,
    bets: run.bets,
    money: run.money,
    lookAtBets: run.fleet.betSql,
    lookAtLine: (event) => run.lookAtLine(event),
    wasPublished: (messageId) => received.some(({ id }) => id === messageId),
    deadLetters: () => takeDeadLetters(run.fleet.brokerUrl),
    async getBet(id) {
      const { body } = await get(`/bets/${id}`)
      return body as ShownBetWithHistory
    },
    async listBets(eventId, below) {
      const { body, headers } = await get(below ?? `/bets?event_id=${eventId}&limit=${PAGE}`)
      const next = /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
      return { items: body as ShownBet[], next }
    },
    async place(stake) {
      const answer = await properly(() => run.post(turn++ % 2, stake, true))
      return {
        bet: answer.body as ShownBet,
        replayed: answer.headers.get('idempotent-replayed') === 'true',
      }
    },
  }
}

/** Repeats a request until it is 200: a database connection may be lost, or the machine slow. */
function properly(question: () => Promise<Answer | undefined>): Promise<Answer> {
  return eventually(async () => {
    const answer = await question()
    must(answer?.status === 200, 'no answer with 200', answer)
    return answer
  })
}
