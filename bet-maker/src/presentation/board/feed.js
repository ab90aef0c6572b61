import { byId, write } from './dom.js'

/** From this part of the age that closes the gate on, the feed is called late. */
const LATE_FROM = 0.5

const WORDS = {
  fresh: 'Feed fresh, bets are taken',
  late: 'Feed late, bets are still taken',
  down: 'Feed down, no bets are taken',
  unknown: 'Not known whether bets are taken',
}

function stateOf({ bets, bets_taken, feed_age_ms, feed_max_age_ms }) {
  if (bets === null) return 'unknown'
  if (!bets_taken) return 'down'
  return feed_age_ms > feed_max_age_ms * LATE_FROM ? 'late' : 'fresh'
}

let announced

/** Says it to those who listen, when it is news; that all is well is none when the page opens. */
function announce(text, isWell) {
  if (text === announced || (announced === undefined && isWell)) {
    announced = text
    return
  }
  announced = text
  write(byId('announcement'), text)
}

/** How fresh the line is and whether bets are taken: by words, a lamp and its colour. */
export function showFeed(board) {
  const state = stateOf(board)
  const age = board.feed_age_ms
  byId('feed').dataset.state = state
  write(byId('feed-words'), WORDS[state])
  const ageText =
    age === null
      ? board.bets === null
        ? ''
        : 'never heard of'
      : `${Math.max(0, Math.round(age / 1_000))} s old`
  write(byId('feed-age'), ageText)
  const away = [
    ...(board.bets === null ? ['The database does not answer.'] : []),
    ...(board.events === null ? ['line-provider does not answer.'] : []),
  ].join(' ')
  write(byId('connection'), away)
  announce(`${WORDS[state]}. ${away}`, state === 'fresh' && away === '')
}

/**
 * When the service itself gives no answer. `lastMs` is when it last gave one, by `performance.now`;
 * undefined: never.
 */
export function showAway(lastMs) {
  const sinceS = lastMs === undefined ? undefined : Math.round((performance.now() - lastMs) / 1_000)
  byId('feed').dataset.state = 'unknown'
  write(byId('feed-words'), WORDS.unknown)
  write(byId('feed-age'), '')
  const what = 'This service does not answer.'
  write(
    byId('connection'),
    sinceS === undefined ? what : `${what} What you see is ${sinceS} s old.`,
  )
  announce(what, false)
}
