import { afterAll, beforeAll, expect } from 'bun:test'
import type { LineEvent } from '@bets/domain/line-event'
import { type ServiceProcess, spawnService } from '../services/service-process.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { cleanBroker } from '../testing/test-broker.ts'
import {
  createBetDatabase,
  createLineDatabase,
  type TestDatabase,
} from '../testing/test-database.ts'
import { get, send } from '../traffic/client.ts'
import { expectInvariants } from '../traffic/invariants.ts'
import { startTraffic, type Traffic } from '../traffic/traffic.ts'

/**
 * Longer than the 5 s between feed syncs. They heal what no message brings, for example while the
 * lease of a killed relay lasts.
 */
const HEALED_WITHIN_MS = 10_000

type Settings = Record<string, string>
type Role = 'line' | 'bets' | 'worker'

const PROGRAMS = {
  line: ['line-provider/src/main.ts', 'LINE_PROVIDER_PORT'],
  bets: ['bet-maker/src/main.ts', 'BET_MAKER_PORT'],
  worker: ['bet-maker/src/worker.ts', 'WORKER_PORT'],
} as const

/** The three processes as in production, on new databases and the test broker. */
export class System {
  line!: ServiceProcess
  bets!: ServiceProcess
  worker!: ServiceProcess
  /** The environment of the processes, for starting more of them. */
  env!: Settings
  lineSql!: TestDatabase['sql']
  betSql!: TestDatabase['sql']
  /** The ids of the bets placed by `place` and `load`, by their keys; checked by `atRest`. */
  readonly accepted = new Map<string, number>()
  #databases: readonly TestDatabase[] = []
  readonly #spawned: ServiceProcess[] = []

  get lineUrl(): string {
    return this.line.url
  }
  get betsUrl(): string {
    return this.bets.url
  }
  get brokerUrl(): string {
    return this.env.BROKER_URL as string
  }
  get processes(): readonly ServiceProcess[] {
    return [this.line, this.bets, this.worker]
  }

  /**
   * Starts the processes with the settings. `databaseServer` replaces the PostgreSQL for tests, and
   * `workerSettings` override settings of the worker. Resolves when all are ready.
   */
  async start(
    settings: Settings = {},
    databaseServer?: string,
    workerSettings: Settings = {},
  ): Promise<this> {
    await this.create(settings, databaseServer)
    await this.launch(workerSettings)
    await Promise.all(this.processes.map((process) => process.waitReady()))
    return this
  }

  /** Creates the databases and empties the broker, but starts no process. */
  async create(settings: Settings = {}, databaseServer?: string): Promise<this> {
    const [line, bet, brokerUrl] = await Promise.all([
      createLineDatabase(databaseServer),
      createBetDatabase(databaseServer),
      cleanBroker(),
    ])
    this.#databases = [line, bet]
    this.lineSql = line.sql
    this.betSql = bet.sql
    this.env = {
      LINE_DATABASE_URL: line.url,
      BET_DATABASE_URL: bet.url,
      BROKER_URL: brokerUrl,
      ...settings,
    }
    return this
  }

  /** Starts the processes; resolves when they are live. */
  async launch(workerSettings: Settings = {}): Promise<void> {
    this.line = await this.spawn('line')
    this.env.LINE_PROVIDER_URL = this.line.feedUrl
    ;[this.worker, this.bets] = await Promise.all([
      this.spawn('worker', workerSettings),
      this.spawn('bets'),
    ])
  }

  async stop(): Promise<void> {
    await Promise.all(this.#spawned.map(killNow))
    await Promise.all(this.#databases.map((database) => database.drop()))
  }

  /** Starts another process, stopped with the system; resolves when it is live. */
  async spawn(role: Role, settings: Settings = {}): Promise<ServiceProcess> {
    const process = await spawnService(PROGRAMS[role][0], { ...this.env, ...settings })
    this.#spawned.push(process)
    return process
  }

  /** Kills one of the system's processes and starts it again on the same ports. */
  async restart(role: Role, settings: Settings = {}): Promise<void> {
    await killNow(this[role])
    const { url, feedUrl } = this[role]
    this[role] = await this.spawn(role, {
      [PROGRAMS[role][1]]: new URL(url).port,
      LINE_PROVIDER_FEED_PORT: new URL(feedUrl).port,
      ...settings,
    })
  }

  /** Changes an event. */
  put(event: object, headers?: Settings) {
    return send('PUT', `${this.lineUrl}/event`, event, headers)
  }

  /** Changes an event, expects success and returns the event. */
  async change(event: object, headers?: Settings): Promise<LineEvent> {
    const { status, body } = await this.put(event, headers)
    expect(status, JSON.stringify(body)).toBeOneOf([200, 201])
    return body as unknown as LineEvent
  }

  /** Creates an open event with coefficient 1.50, unless the fields say otherwise. */
  open(event_id: string, fields: object = {}): Promise<LineEvent> {
    return this.change({ event_id, coefficient: '1.50', deadline: FAR_DEADLINE, ...fields })
  }

  /** Sends a bet with a key, of 1.00 if only its event is given, and records accepted bets. */
  async place(bet: string | object, key: string = crypto.randomUUID(), url = this.betsUrl) {
    const body = typeof bet === 'string' ? { event_id: bet, bet_sum: '1.00' } : bet
    const answer = await send('POST', `${url}/bet`, body, { 'idempotency-key': key })
    if (answer.status <= 201) this.accepted.set(key, Number(answer.body.id))
    return answer
  }

  /** Places a bet, expects that it is accepted and returns its id. */
  async bet(bet: string | object, key?: string): Promise<number> {
    const { status, body } = await this.place(bet, key)
    expect(status, JSON.stringify(body)).toBe(201)
    return Number(body.id)
  }

  /** The body of bet-maker's answer to a GET. */
  get(path: string): Promise<Record<string, unknown>> {
    return get(this.betsUrl + path)
  }

  /** Waits until a bet is as expected; returns how many milliseconds that took. */
  async becomes(bet: unknown, expected: object, withinMs = HEALED_WITHIN_MS): Promise<number> {
    const beganMs = performance.now()
    const looks = async () => expect(await this.get(`/bets/${bet}`)).toMatchObject(expected)
    await eventually(looks, { withinMs })
    return Math.round(performance.now() - beganMs)
  }

  /**
   * Starts traffic. Its `stop` throws if there were answers that a healthy system does not give,
   * and adds its bets to `accepted`.
   */
  async load(name: string): Promise<Traffic> {
    const urls = { lineUrls: [this.lineUrl], betsUrls: [this.betsUrl] }
    const traffic = await startTraffic({ name, ...urls })
    const stop = async () => {
      await traffic.stop()
      expect(traffic.improper()).toEqual({})
      for (const [key, id] of traffic.accepted) this.accepted.set(key, id)
    }
    return { ...traffic, stop }
  }

  /** Waits until the invariants of faults.md hold, also for the accepted bets of `load`. */
  async atRest(
    withinMs = HEALED_WITHIN_MS,
    load: ReadonlyMap<string, number> = new Map(),
  ): Promise<void> {
    const accepted = new Map([...this.accepted, ...load])
    await eventually(() => expectInvariants(this, accepted), { withinMs })
  }
}

export const startSystem = (...how: Parameters<System['start']>) => new System().start(...how)

/** A system that runs during the tests of a file. */
export function systemDuringTests(...how: Parameters<System['start']>): System {
  const system = new System()
  beforeAll(async () => void (await system.start(...how)))
  afterAll(() => system.stop())
  return system
}

/** Kills a process, as a crash would end it. */
export async function killNow(process: ServiceProcess): Promise<void> {
  process.kill('SIGKILL')
  await process.exited
}
