import { applyChanges } from '@bets/bet-maker/src/application/apply-changes.ts'
import type { TransferKind } from '@bets/bet-maker/src/domain/account.ts'
import { NO_LIMITS } from '@bets/bet-maker/src/domain/limits.ts'
import { TransferAmount } from '@bets/bet-maker/src/domain/transfer-amount.ts'
import { createAccountRecords } from '@bets/bet-maker/src/infrastructure/account.repository.ts'
import { createBets } from '@bets/bet-maker/src/infrastructure/bet.repository.ts'
import { createBetRecords } from '@bets/bet-maker/src/infrastructure/bet-record.repository.ts'
import {
  createFeedSyncs,
  createFreshness,
  createLineClock,
} from '@bets/bet-maker/src/infrastructure/feed-sync.repository.ts'
import {
  createLearnedEvents,
  createLineCopy,
} from '@bets/bet-maker/src/infrastructure/line-copy.repository.ts'
import { createSettlements } from '@bets/bet-maker/src/infrastructure/settlement.repository.ts'
import { createTransfers } from '@bets/bet-maker/src/infrastructure/transfer.repository.ts'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import type { EventState } from '@bets/domain/event'
import { createEvents } from '@bets/line-provider/src/infrastructure/event.repository.ts'
import { createFeed } from '@bets/line-provider/src/infrastructure/feed.repository.ts'
import { readBacklog } from '@bets/line-provider/src/infrastructure/relay.meter.ts'
import { createRelayLease } from '@bets/line-provider/src/infrastructure/relay-lease.repository.ts'
import type { connectDatabase } from '@bets/platform/postgres/database'
import { FAR_DEADLINE, sportingEvent } from '../testing/line-event.ts'

type Sql = ReturnType<typeof connectDatabase>

const LEASE_MS = 10_000
const CLIENT = 'a client'

/** Runs every statement of line-provider, on its own events. */
export async function workAsLineProvider(sql: Sql): Promise<void> {
  const [events, feed, lease] = [createEvents(sql), createFeed(sql), createRelayLease(sql)]
  const eventId = crypto.randomUUID()
  const change = (more: object) => events.change({ eventId, ...more })
  await change({ coefficient: Coefficient.parse('1.50'), deadline: FAR_DEADLINE })
  await change({ suspended: true })
  await change({ suspended: true })
  await change({ state: 'FINISHED_WIN', suspended: false })
  must((await events.find(eventId))?.version === 3)
  await events.listOpen(undefined, 10)

  must((await feed.number()) > 0)
  const page = await feed.readAfter(0, 1_000)
  must(await feed.hasNews(0))
  must((await lease.hold('me', LEASE_MS)) !== undefined)
  must((await lease.advance('me', page.lastSeq)) !== undefined)
  await lease.release('me')
  await readBacklog(sql)
}

/** Runs every statement of bet-maker's two processes, on its own events. */
export async function workAsBetMaker(api: Sql, worker: Sql): Promise<void> {
  const [bets, records] = [createBets(api, LIMITS), createBetRecords(api)]
  const [syncs, settlements] = [createFeedSyncs(worker), createSettlements(worker)]
  const eventId = crypto.randomUUID()
  const version = (version: number, state: EventState) => [
    sportingEvent(eventId, { version, state }),
  ]

  const copy = createLineCopy(worker)
  await copy.apply(version(1, 'NEW'))
  await copy.apply(version(2, 'CANCELLED'))
  await createLearnedEvents(api).apply([sportingEvent(crypto.randomUUID())])
  await applyChanges({ copy, onOwed() {} })(version(3, 'NEW'))

  const over = await syncs.begin()
  await syncs.startOver(over)
  const sync = await syncs.begin()
  await syncs.raiseVersionBase(0)
  const forged = sportingEvent(crypto.randomUUID(), { state: 'CANCELLED' })
  await copy.apply([forged], sync.beganAt)
  await copy.apply([{ ...forged, state: 'NEW' }], sync.beganAt)
  await copy.refute([forged.eventId], sync.beganAt)
  await syncs.unlisted(sync)
  await syncs.markListed(sync, [eventId])
  await syncs.suspendUnlisted(sync, '')
  await syncs.measureLineClock(sync, new Date().toISOString())
  must((await createLineClock(worker).read()).withinS !== null)
  must(await syncs.complete(sync, 'a cursor', new Date().toISOString()))
  must((await createFreshness(api).feedAgeMs()) !== null)

  await moveMoney(api, eventId)
  const request = {
    eventId,
    sum: BetSum.parse('12.50'),
    seen: Coefficient.parse('1.50'),
    acceptOdds: 'exact' as const,
    client: CLIENT,
    accountId: eventId,
    key: eventId,
  }
  const placed = await bets.place(request)
  must(placed.kind === 'placed')
  const again = await bets.place(request)
  must(again.kind === 'not_placed' && again.earlier?.bet.id === placed.bet.id)
  // What a process of the version before calls instead.
  await api`select * from explain_bets('[]', 20000)`

  await copy.apply(version(4, 'FINISHED_WIN'))
  const owed = await settlements.owed()
  must(await settlements.awaitPlacements())
  await settlements.terminateStuckPlacements(60_000)
  // More, where an earlier run was refused halfway.
  must((await settlements.settleChunk(owed, { eventId: '', betId: 0 }, 1_000)).settled >= 1)
  await settlements.finish(owed)
  const found = await records.find(String(placed.bet.id), CLIENT)
  must(found?.bet.state === 'WIN' && found.changes.length === 1)
  await records.list({ client: CLIENT, eventId, state: 'WIN' }, undefined, 10)
  await records.list({ client: CLIENT, eventId: undefined, state: undefined }, undefined, 10)
}

/** Transfers into and out of a new account, and its statement. */
async function moveMoney(api: Sql, accountId: string): Promise<void> {
  const [transfers, accounts] = [createTransfers(api), createAccountRecords(api)]
  const amount = TransferAmount.parse('100.00')
  const transfer = (kind: TransferKind) =>
    transfers.make({ client: CLIENT, accountId, kind, amount, key: `${accountId}-${kind}` })
  must((await transfer('deposit')).kind === 'made')
  must((await transfer('deposit')).kind === 'not_made')
  must((await transfer('withdrawal')).kind === 'made')
  const more = { client: CLIENT, accountId, kind: 'deposit' as const, amount, key: accountId }
  must((await transfers.make(more)).kind === 'made')
  must((await accounts.find(accountId, CLIENT))?.balanceCents === 10_000n)
  must((await accounts.list(CLIENT, undefined, 10)).length > 0)
  must((await accounts.entries(accountId, CLIENT, undefined, 10))?.length === 3)
}

const LIMITS = { feedMaxAgeMs: 3_600_000, limits: NO_LIMITS, batchMax: 10, queueMax: 10 }

function must(holds: boolean): asserts holds {
  if (!holds) throw new Error('the work did not come out as it must')
}
