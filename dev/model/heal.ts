import { toBetView, toBetWithHistoryView } from '@bets/bet-maker/src/presentation/bet-view.ts'
import type { AtRest } from './at-rest.ts'
import { must } from './bets-ledger.ts'
import type { Run } from './run.ts'
import { toBetRequest } from './toward-use-cases.ts'

/** More rounds than a run can leave. */
const MANY = 100
const PAGE = 3

/**
 * Completes everything that is due: changes are published, read by a feed sync, and settled. Before
 * settling, every message is delivered once more.
 */
export async function heal(run: Run): Promise<AtRest> {
  run.broker.mood = 'good'
  await run.endLease()
  for (let n = 0; n < 5; n++) {
    run.relay(0)
    await run.quiet()
  }
  run.sync(0)
  await run.quiet()
  run.deliver(
    1,
    run.broker.log.map((_, index) => index - run.broker.log.length),
  )
  await run.quiet()
  const [worker] = run.system.worker
  for (let n = 0; ; n++) {
    const ended = await worker?.start(({ settleOwed }) => settleOwed())
    must(ended?.kind === 'answered' && n < MANY, 'settling does not end', ended)
    if (ended.value.events === 0) break
  }
  return atRest(run)
}

function atRest(run: Run): AtRest {
  const [api, other] = run.system.api
  return {
    id: run.id,
    line: run.line,
    bets: run.bets,
    money: run.money,
    lookAtBets: run.databases.lookAtBets,
    lookAtLine: (event) => run.lookAtLine(event),
    wasPublished: (messageId) => run.broker.confirmed.has(messageId),
    deadLetters: async () => run.broker.deadLetters,
    async getBet(id) {
      const ended = await other.start(({ getBet }) => getBet(String(id), ''))
      must(ended.kind === 'answered', 'a bet cannot be read', id)
      return toBetWithHistoryView(ended.value.bet, ended.value.history)
    },
    async listBets(eventId, below) {
      const filter = { client: '', state: undefined, eventId }
      const ended = await api.start(({ listBets }) => listBets(filter, below, PAGE))
      must(ended.kind === 'answered', 'bets cannot be listed', eventId)
      return ended.value
    },
    async place(stake) {
      const ended = await api.start(({ placeBet }) =>
        placeBet(toBetRequest(run.id, run.line, stake)),
      )
      must(ended.kind === 'answered', 'a key cannot be repeated', stake)
      return { ...ended.value, bet: toBetView(ended.value.bet) }
    },
  }
}
