import { Bettor } from './bettor.ts'
import type { Day } from './day.ts'
import { Later } from './later.ts'
import { operate } from './operator.ts'
import { PriceList } from './price-list.ts'
import { reconcile } from './reconcile.ts'

const FEED_AGE_EVERY_MS = 1_000

/** Plays a match day to its end and reconciles it. */
export async function play(day: Day): Promise<void> {
  const prices = new PriceList(day)
  const later = new Later(day)
  const bettors = Array.from(
    { length: day.options.bettors },
    (_, number) => new Bettor(day, prices, later, number),
  )
  const watching = followFeedAge(day)
  const betting = Promise.all([prices.follow(), ...bettors.map((bettor) => bettor.bet())])
  await Promise.all([betting, operate(day)])
  day.enter('last answers')
  await later.settle()
  day.enter('reconciling')
  await reconcile(day)
  day.enter('over')
  await watching
}

/** How old what bet-maker knows of the line is, where `/health/ready` can be reached. */
async function followFeedAge(day: Day): Promise<void> {
  while (day.phase !== 'over' && !day.interrupted) {
    const { answer } = await day.wire.send('GET', `${day.options.betsUrl}/health/ready`)
    const { feed_age_ms } = (answer?.body ?? {}) as { feed_age_ms?: number | null }
    if (answer !== undefined) day.tally.feedAgeMs = feed_age_ms
    await Bun.sleep(FEED_AGE_EVERY_MS)
  }
}
