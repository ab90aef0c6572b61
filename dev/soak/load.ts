import { EVENT_QUEUE } from '@bets/domain/messages'
import { connect } from 'amqplib'
import { terminateConnections } from '../model/real/faults.ts'
import type { Fleet } from '../model/real/fleet.ts'

const BETTORS = 8
const BETTOR_PAUSE_MS = 10
const OPEN_EVENTS = 20
const CHANGE_EVERY_MS = 50
/** Every so many changes an event ends, is corrected, and another takes its place. */
const CHANGES_PER_END = 20
const DISTURB_EVERY_MS = 15_000
const DEADLINE = 4_102_444_800
const RESULTS = ['FINISHED_WIN', 'FINISHED_LOSE', 'CANCELLED'] as const

const pick = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T

/**
 * A load that stays the same: bets of every kind that is taken and refused, repeats, lists, prices
 * that move, events that come, end and are corrected. Now and then all connections of a database,
 * or of the workers to the broker, are cut, because what leaks does so most when something is built
 * anew.
 */
export class Load {
  readonly counts = { bets: 0, answers: 0, unavailable: 0 }
  readonly #open: string[] = []
  #created = 0
  #over = false
  #lanes: Promise<void>[] = []

  constructor(private readonly fleet: Fleet) {}

  async start(): Promise<void> {
    for (let n = 0; n < OPEN_EVENTS; n++) await this.#create()
    this.#lanes = [
      this.#change(),
      this.#disturb(),
      ...Array.from({ length: BETTORS }, () => this.#bet()),
    ]
    for (const lane of this.#lanes) lane.catch(() => this.end())
  }

  /** Whether it goes on. */
  get on(): boolean {
    return !this.#over
  }

  end(): void {
    this.#over = true
  }

  /** Throws what went wrong first. */
  async ended(): Promise<void> {
    await Promise.all(this.#lanes)
  }

  async #bet(): Promise<void> {
    for (let n = 0; this.on; n++) {
      const event_id = pick(this.#open)
      const bet = { event_id, bet_sum: (1 + (n % 900) / 100).toFixed(2) }
      const key = { 'idempotency-key': crypto.randomUUID() }
      const choice = n % 10
      if (choice < 6) await this.#post(bet)
      else if (choice === 6) for (let time = 0; time < 3; time++) await this.#post(bet, key)
      else if (choice === 7) await this.#post({ ...bet, event_id: `unknown-${n}` })
      else if (choice === 8) await this.#post({ ...bet, bet_sum: '-1' })
      else
        for (const path of [`/bets?event_id=${event_id}`, '/events', '/health/ready'])
          await this.#send('GET', this.#api + path)
      await Bun.sleep(BETTOR_PAUSE_MS)
    }
  }

  async #change(): Promise<void> {
    for (let n = 1; this.on; n++) {
      await this.#put({
        event_id: pick(this.#open),
        coefficient: (1 + Math.random() * 9).toFixed(2),
      })
      if (n % CHANGES_PER_END === 0) {
        const event_id = this.#open.shift() as string
        await this.#create()
        await this.#put({ event_id, state: pick(RESULTS) })
        await this.#put({ event_id, state: pick(RESULTS), reason: 'so it goes' })
      }
      await Bun.sleep(CHANGE_EVERY_MS)
    }
  }

  async #disturb(): Promise<void> {
    for (let n = 0; this.on; n++) {
      const untilMs = performance.now() + DISTURB_EVERY_MS
      while (this.on && performance.now() < untilMs) await Bun.sleep(100)
      if (n % 3 === 2) await deleteQueue(this.fleet.brokerUrl)
      else await terminateConnections(this.fleet, n % 3 === 0 ? 'line' : 'bet')
    }
  }

  async #create(): Promise<void> {
    const event_id = `soak-${this.#created++}`
    await this.#put({ event_id, coefficient: '1.50', deadline: DEADLINE })
    this.#open.push(event_id)
  }

  async #post(body: object, headers: Record<string, string> = {}): Promise<void> {
    const status = await this.#send('POST', `${this.#api}/bet`, body, headers)
    if (status === 201) this.counts.bets++
  }

  async #put(body: object): Promise<void> {
    await this.#send('PUT', `${pick(this.fleet.line).url}/event`, body)
  }

  get #api(): string {
    return pick(this.fleet.api).url
  }

  async #send(
    method: string,
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<number> {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    await response.arrayBuffer()
    this.counts.answers++
    if (response.status === 503) this.counts.unavailable++
    else if (response.status >= 500) throw new Error(`${method} ${url} answered ${response.status}`)
    return response.status
  }
}

/** Takes the workers' queue from them: they declare it anew, on new connections. */
async function deleteQueue(brokerUrl: string): Promise<void> {
  const connection = await connect(brokerUrl)
  const channel = await connection.createChannel()
  await channel.deleteQueue(EVENT_QUEUE)
  await connection.close()
}
