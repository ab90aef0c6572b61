import { System } from '../../e2e/system.ts'
import { freePorts } from '../../services/ports.ts'
import type { TestDatabase } from '../../testing/test-database.ts'
import { Member } from './member.ts'

export type RealRole = 'line' | 'api' | 'worker'
type Pair = readonly [Member, Member]
/** One of the two databases. */
export type Base = 'line' | 'bet'

/**
 * Two processes of each role, with their own databases and the test broker. Each process of
 * bet-maker calls one of the two line-providers: while that one is dead, events that the copy does
 * not know are LINE_UNAVAILABLE.
 */
export interface Fleet extends Record<RealRole, Pair> {
  readonly members: readonly Member[]
  readonly lineSql: TestDatabase['sql']
  readonly betSql: TestDatabase['sql']
  readonly brokerUrl: string
  stop(): Promise<void>
}

const SETTINGS = {
  // Short, so that feed syncs soon heal what was lost.
  FEED_SYNC_INTERVAL_MS: '500',
  // Small, so that workers are killed between chunks, too.
  SETTLE_CHUNK: '20',
  LOG_LEVEL: 'warn',
}

export async function startFleet(settings: Record<string, string> = {}): Promise<Fleet> {
  const [stores, ports] = await Promise.all([
    new System().create({ ...SETTINGS, ...settings }),
    freePorts(6),
  ])
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  const member = (entry: keyof typeof PORT_OF, index: number, on: number) => {
    const env = {
      ...stores.env,
      [PORT_OF[entry]]: String(ports[index]),
      LINE_PROVIDER_URL: urls[on] as string,
    }
    return new Member(entry, env, urls[index] as string)
  }
  const pair = (entry: keyof typeof PORT_OF, index: number): Pair => [
    member(entry, index, 0),
    member(entry, index + 1, 1),
  ]
  const roles = {
    line: pair('line-provider/src/main.ts', 0),
    api: pair('bet-maker/src/main.ts', 2),
    worker: pair('bet-maker/src/worker.ts', 4),
  }
  const members = [...roles.line, ...roles.worker, ...roles.api]
  await Promise.all(members.map((each) => each.start()))
  await Promise.all(members.map((each) => each.ready()))
  return {
    ...roles,
    members,
    lineSql: stores.lineSql,
    betSql: stores.betSql,
    brokerUrl: stores.brokerUrl,
    async stop() {
      await Promise.all(members.map((each) => each.kill()))
      await stores.stop()
    },
  }
}

const PORT_OF = {
  'line-provider/src/main.ts': 'LINE_PROVIDER_PORT',
  'bet-maker/src/main.ts': 'BET_MAKER_PORT',
  'bet-maker/src/worker.ts': 'WORKER_PORT',
} as const
