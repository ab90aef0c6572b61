import type { Log } from '@bets/domain/log'
import { createBaseApp } from '@bets/platform/http/base-app'
import { Problem } from '@bets/platform/http/problem'
import { createGuard } from '@bets/platform/http/route'
import { type EventReads, eventReadsController } from './presentation/event-reads.controller.ts'
import { type FeedUseCases, feedController } from './presentation/feed.controller.ts'
import { PROBLEMS } from './presentation/route.ts'

/**
 * What bet-maker reads of the line, for a port that outsiders do not reach. The routes are those of
 * the public app; nothing can be changed here.
 */
export function createFeedApp(useCases: EventReads & FeedUseCases, log: Log) {
  const guard = createGuard()
  return createBaseApp({ log, problems: PROBLEMS })
    .model({ Problem })
    .use(feedController(guard, useCases))
    .use(eventReadsController(guard, useCases))
}
