import { byId, write } from './dom.js'

/** The feed counts as late from this fraction of the age that closes betting. */
const LATE_RATIO = 0.5

const WORDS = {
  fresh: 'Feed live, betting open',
  late: 'Feed delayed, betting open',
  down: 'Feed down, betting closed',
  unknown: 'Betting status unknown',
}

function stateOf({ bets, bets_taken, feed_age_ms, feed_max_age_ms }) {
  if (bets === null) return 'unknown'
  if (!bets_taken) return 'down'
  return feed_age_ms > feed_max_age_ms * LATE_RATIO ? 'late' : 'fresh'
}

let announced

/** Announces changes to screen readers. A healthy state is not announced when the page opens. */
function announce(text, isHealthy) {
  if (text === announced || (announced === undefined && isHealthy)) {
    announced = text
    return
  }
  announced = text
  write(byId('announcement'), text)
}

/** Shows how fresh the feed is and whether betting is open, in words and by a coloured dot. */
export function showFeed(board) {
  const state = stateOf(board)
  const age = board.feed_age_ms
  byId('feed').dataset.state = state
  write(byId('feed-words'), WORDS[state])
  const ageText =
    age === null
      ? board.bets === null
        ? ''
        : 'no data yet'
      : `${Math.max(0, Math.round(age / 1_000))} s ago`
  write(byId('feed-age'), ageText)
  const problems = [
    ...(board.bets === null ? ['The database is unavailable.'] : []),
    ...(board.events === null ? ['Event data is unavailable.'] : []),
  ].join(' ')
  write(byId('connection'), problems)
  announce(`${WORDS[state]}. ${problems}`, state === 'fresh' && problems === '')
}

/**
 * Shows that the service itself is unavailable. `lastSuccessMs` is the time of its last answer by
 * `performance.now`, undefined if there was none.
 */
export function showUnavailable(lastSuccessMs) {
  byId('feed').dataset.state = 'unknown'
  write(byId('feed-words'), WORDS.unknown)
  write(byId('feed-age'), '')
  const problem = 'Connection lost. Reconnecting …'
  const age =
    lastSuccessMs === undefined
      ? ''
      : ` Last update ${Math.round((performance.now() - lastSuccessMs) / 1_000)} s ago.`
  write(byId('connection'), `${problem}${age}`)
  announce(problem, false)
}
