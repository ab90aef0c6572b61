import { FAR_DEADLINE } from '../testing/line-event.ts'
import { type Answered, countsOf, noted } from './answered.ts'
import { startBettors } from './bettors.ts'
import { ask } from './client.ts'

const BETTORS = 8
/** The accounts that every second bettor bets from. The last one is always short of money. */
const ACCOUNTS = 3
/** Slow enough to leave the machine to the system under test. */
const REST_MS = { bet: 10, change: 15, other: 25, transfer: 100 }
const AFTER_REFUSAL_MS = 50
/** The number of open events at any time, and the share of changes that are results. */
const EVENTS = 6
const RESULTS = 0.25
/** The share of results that are corrected right away. */
const CORRECTED = 0.3
const ENDS = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] as const
const STATES = [...ENDS, 'NEW'] as const

export interface TrafficOptions {
  /** The prefix of its event ids. */
  name: string
  lineUrls: readonly string[]
  betsUrls: readonly string[]
  /** Headers with the tokens of an operator and a client, if the system requires them. */
  asOperator?: Record<string, string>
  asClient?: Record<string, string>
  /** Whether the URLs are those of a proxy that repeats unanswered requests. */
  proxied?: boolean
  /** The pause of each client after a request, in milliseconds. */
  restMs?: Partial<typeof REST_MS>
  /** Ended events are replaced by new ones. Without it, the same few end and reopen. */
  replace?: boolean
  /** Adds bets without keys, repeats, bets that must be refused, and lists. */
  mixed?: boolean
  /** Receives the answer to each result and correction. */
  onResult?(event: Record<string, unknown>): void
}

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T
const coefficient = () => (1 + Math.random() * 9).toFixed(2)

/**
 * Traffic until stopped: bets with keys, with and without accounts, deposits and withdrawals,
 * changes of coefficients, results and corrections. All but lists and bets without keys are retried
 * until their outcome is known. All answers are recorded.
 */
export async function startTraffic(options: TrafficOptions) {
  const { name, lineUrls, betsUrls, proxied = false, replace = false, onResult } = options
  const { asOperator = {}, asClient: headers = {} } = options
  const restMs = { ...REST_MS, ...options.restMs }
  const changes: Answered[] = []
  const others: Answered[] = []
  const transfers: Answered[] = []
  /** Ids of the bets without keys. */
  const unkeyed: number[] = []
  const open: string[] = []
  let created = 0
  let stopped = false

  /** A 409 is proper: the event may have ended in the meantime. */
  async function change(body: object): Promise<Record<string, unknown>> {
    const sending = { body, headers: asOperator }
    for (;;) {
      const answer = await noted(changes, [200, 201, 409], () =>
        ask('PUT', `${pick(lineUrls)}/event`, sending),
      )
      if (changes.at(-1)?.proper) return answer?.body as Record<string, unknown>
      await Bun.sleep(AFTER_REFUSAL_MS)
    }
  }
  const accounts = Array.from({ length: ACCOUNTS }, (_, number) => `${name}-account-${number}`)
  /** Retried with its key until its outcome is known, as a client should. */
  async function transfer(account_id: string, kind: string, amount: string): Promise<void> {
    const sending = { body: { account_id, kind, amount }, key: crypto.randomUUID(), headers }
    for (;;) {
      await noted(transfers, [200, 201, 409], () =>
        ask('POST', `${pick(betsUrls)}/transfers`, sending),
      )
      if (transfers.at(-1)?.proper) return
      await Bun.sleep(AFTER_REFUSAL_MS)
    }
  }
  async function move(): Promise<void> {
    while (!stopped) {
      const kind = pick(['deposit', 'withdrawal'])
      await transfer(pick(accounts), kind, (1 + Math.random() * 20).toFixed(2))
      await Bun.sleep(restMs.transfer)
    }
  }
  async function create(): Promise<void> {
    const event_id = `${name}-${created++}`
    await change({ event_id, coefficient: coefficient(), deadline: FAR_DEADLINE })
    open.push(event_id)
  }
  async function end(event_id: string): Promise<void> {
    const state = pick(ENDS)
    onResult?.(await change({ event_id, state }))
    if (Math.random() > CORRECTED) return
    const other = pick(STATES.filter((each) => each !== state))
    onResult?.(await change({ event_id, state: other, reason: 'corrected' }))
  }
  async function line(): Promise<void> {
    while (!stopped) {
      if (Math.random() > RESULTS)
        await change({ event_id: pick(open), coefficient: coefficient() })
      else if (replace) {
        await create()
        await end(open.shift() as string)
      } else await change({ event_id: pick(open), state: pick(STATES), reason: 'changed again' })
      await Bun.sleep(restMs.change)
    }
  }
  /** All other requests, one after the other. */
  async function mixed(): Promise<void> {
    const post = (proper: readonly number[], body: object, key?: string) =>
      noted(others, proper, () => ask('POST', `${pick(betsUrls)}/bet`, { body, key, headers }))
    for (let number = 0; !stopped; number++) {
      const bet = { event_id: pick(open), bet_sum: '2.00' }
      const placed = await post([201, 409], bet)
      if (placed?.status === 201) unkeyed.push((placed.body as { id: number }).id)
      const key = crypto.randomUUID()
      for (let time = 0; time < 3; time++) await post([200, 201, 409], bet, key)
      await post([404], { ...bet, event_id: `${name}-unknown-${number}` })
      await post([422], { ...bet, bet_sum: '-1' })
      for (const path of ['/events', '/bets?limit=5', `/bets?event_id=${bet.event_id}`])
        await noted(others, [200], () => ask('GET', pick(betsUrls) + path, { headers }))
      await Bun.sleep(restMs.other)
    }
  }

  while (open.length < EVENTS) await create()
  for (const [number, account] of accounts.entries())
    await transfer(account, 'deposit', number < ACCOUNTS - 1 ? '100000.00' : '10.00')
  const bettors = startBettors({
    urls: betsUrls,
    bettors: BETTORS,
    bet: (bettor, number) => ({
      event_id: pick(open),
      bet_sum: (1 + (number % 500) / 100).toFixed(2),
      ...(bettor % 2 === 0 ? {} : { account_id: pick(accounts) }),
    }),
    headers,
    proxied,
    restMs: restMs.bet,
  })
  const running = Promise.all([line(), move(), options.mixed && mixed()])
  return {
    /** The ids of the accepted bets by their keys. */
    accepted: bettors.accepted,
    unkeyed,
    bets: bettors.answers,
    changes,
    others,
    transfers,
    /** The number of answers since a moment that a healthy system does not give, by kind. */
    improper(fromMs = 0): Record<string, number> {
      const counts = ({ askedAtMs, ms, proper }: Answered) => !proper && askedAtMs + ms >= fromMs
      return countsOf(
        [bettors.answers, changes, others, transfers].flatMap((all) => all.filter(counts)),
      )
    },
    /** Resolves when the outcome of everything sent is known. */
    async stop(): Promise<void> {
      stopped = true
      await Promise.all([bettors.stop(), running])
    },
  }
}
export type Traffic = Awaited<ReturnType<typeof startTraffic>>
