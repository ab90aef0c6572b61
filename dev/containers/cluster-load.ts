import type { connectDatabase } from '@bets/platform/postgres/database'
import { type Answer, startBettors } from '../e2e/bettors.ts'
import { send } from '../e2e/system.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { watchSettling } from './settling-watch.ts'

const BETTORS = 8
/** Slow enough to leave the machine to what is tested. */
const BET_REST_MS = 25
const CHANGE_REST_MS = 60
const READ_REST_MS = 100
const AFTER_REFUSAL_MS = 50
/** How many events take bets at any time, and which part of the changes ends one of them. */
const OPEN_EVENTS = 6
const ENDING = 0.15
/** Which part of the results is corrected a moment later. */
const CORRECTED = 0.3
const RESULTS = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] as const

interface ClusterLoadOptions {
  lineUrl: string
  betsUrl: string
  asOperator: Record<string, string>
  asClient: Record<string, string>
  betSql: ReturnType<typeof connectDatabase>
}

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T
const price = () => (1 + Math.random() * 9).toFixed(2)

/**
 * What many clients do to a cluster, until told to stop: bets with keys, bets without, changes of
 * the line, results, corrections, lists. Changes and bets with keys are sent again until their
 * outcome is known; every answer is kept.
 */
export async function startClusterLoad({
  lineUrl,
  betsUrl,
  asOperator,
  asClient,
  betSql,
}: ClusterLoadOptions) {
  const changes: Answer[] = []
  const others: Answer[] = []
  /** Ids of the bets without keys. */
  const unkeyed: number[] = []
  const settling = watchSettling(betSql)
  let stopped = false
  let events = 0
  const open: string[] = []

  async function ask(answers: Answer[], work: () => ReturnType<typeof send>) {
    const askedAtMs = performance.now()
    const { status, body } = await work().catch(() => ({
      status: 0,
      body: {} as Record<string, unknown>,
    }))
    const code = body.code === undefined ? undefined : String(body.code)
    answers.push({ askedAtMs, ms: performance.now() - askedAtMs, status, code })
    return { status, body }
  }
  /** Sends a change until it is known to be kept. */
  async function change(event: object): Promise<Record<string, unknown>> {
    for (;;) {
      const { status, body } = await ask(changes, () =>
        send('PUT', `${lineUrl}/event`, event, asOperator),
      )
      if (status === 200 || status === 201) return body
      await Bun.sleep(AFTER_REFUSAL_MS)
    }
  }
  async function create(): Promise<void> {
    const event_id = `load-${events++}`
    await change({ event_id, coefficient: price(), deadline: FAR_DEADLINE })
    open.push(event_id)
  }
  async function end(event_id: string): Promise<void> {
    const state = pick(RESULTS)
    settling.expect(await change({ event_id, state }))
    if (Math.random() > CORRECTED) return
    const state2 = pick(RESULTS.filter((other) => other !== state))
    settling.expect(await change({ event_id, state: state2, reason: 'corrected' }))
  }
  async function line(): Promise<void> {
    while (!stopped) {
      if (Math.random() < ENDING) {
        await create()
        await end(open.shift() as string)
      } else await change({ event_id: pick(open), coefficient: price() })
      await Bun.sleep(CHANGE_REST_MS)
    }
  }
  async function hasty(): Promise<void> {
    while (!stopped) {
      const bet = { event_id: pick(open), bet_sum: '2.00' }
      const { status, body } = await ask(others, () =>
        send('POST', `${betsUrl}/bet`, bet, asClient),
      )
      if (status === 201) unkeyed.push(Number(body.id))
      await Bun.sleep(BET_REST_MS)
    }
  }
  async function reader(): Promise<void> {
    while (!stopped) {
      for (const path of ['/events', '/bets?limit=5'])
        await ask(others, async () => {
          const response = await fetch(`${betsUrl}${path}`, { headers: asClient })
          const body: unknown = await response.json()
          return {
            status: response.status,
            body: Array.isArray(body) ? {} : (body as { code: string }),
          }
        })
      await Bun.sleep(READ_REST_MS)
    }
  }

  while (open.length < OPEN_EVENTS) await create()
  const bettors = startBettors({
    urls: [betsUrl],
    bettors: BETTORS,
    bet: (bettor, number) => ({
      event_id: pick(open),
      bet_sum: (1 + ((bettor + number) % 500) / 100).toFixed(2),
    }),
    headers: asClient,
    restMs: BET_REST_MS,
  })
  const running = Promise.all([line(), hasty(), reader()])
  return {
    accepted: bettors.accepted,
    unkeyed,
    bets: bettors.answers,
    changes,
    others,
    results: settling.results,
    /**
     * Resolves when the outcome of everything sent with a key is known, and every result's bets are
     * settled.
     */
    async stop(): Promise<void> {
      stopped = true
      await Promise.all([bettors.stop(), running])
      await settling.stop()
    },
  }
}
export type ClusterLoad = Awaited<ReturnType<typeof startClusterLoad>>
