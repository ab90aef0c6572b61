import { Bettor } from './bettor.ts'
import type { Day } from './day.ts'
import { FollowUps } from './follow-ups.ts'
import { OpenEvents } from './open-events.ts'
import { operate } from './operator.ts'
import { reconcile } from './reconcile.ts'

const FEED_AGE_EVERY_MS = 1_000

/** Plays a match day to its end and reconciles it. */
export async function play(day: Day): Promise<void> {
  const openEvents = new OpenEvents(day)
  const followUps = new FollowUps(day)
  const bettors = Array.from(
    { length: day.options.bettors },
    (_, number) => new Bettor(day, openEvents, followUps, number),
  )
  const watching = followFeedAge(day)
  const betting = Promise.all([openEvents.follow(), ...bettors.map((bettor) => bettor.bet())])
  await Promise.all([betting, operate(day)])
  day.enter('last answers')
  await followUps.finish()
  day.enter('reconciling')
  await reconcile(day)
  day.enter('over')
  await watching
}

/** Records the feed's age from bet-maker's `/health/ready`, where that is reachable. */
async function followFeedAge(day: Day): Promise<void> {
  while (day.phase !== 'over' && !day.interrupted) {
    const { answer } = await day.wire.send('GET', `${day.options.betsUrl}/health/ready`)
    const { feed_age_ms } = (answer?.body ?? {}) as { feed_age_ms?: number | null }
    if (answer !== undefined) day.tally.feedAgeMs = feed_age_ms
    await Bun.sleep(FEED_AGE_EVERY_MS)
  }
}
