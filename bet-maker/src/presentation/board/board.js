import { showBets } from './bets.js'
import { showChart, showFigures } from './chart.js'
import { eventsList } from './events.js'
import { showAway, showFeed } from './feed.js'
import { betSlip } from './slip.js'

const REFRESH_MS = 1_000
const ANSWER_MS = 5_000
/** While nobody answers, each wait is twice the one before, up to this. */
const MAX_WAIT_MS = 15_000

const events = eventsList((eventId) => slip.pick(eventId))
const slip = betSlip({ find: events.find, onPlaced: () => void refresh() })

let failures = 0
let lastMs
let timer
let isAsking = false

function show(board) {
  events.show(board.events)
  if (board.bets !== null) {
    showFigures(board.bets)
    showChart(board.bets.chart)
    showBets(board.bets.newest)
  }
  showFeed(board)
  slip.show()
}

async function ask() {
  const response = await fetch('/board.json', { signal: AbortSignal.timeout(ANSWER_MS) })
  if (!response.ok) throw new Error(`/board.json answered ${response.status}`)
  return response.json()
}

/** Not all who look at one service come back to it at the same moment. */
function waitMs() {
  if (failures === 0) return REFRESH_MS
  return Math.min(MAX_WAIT_MS, REFRESH_MS * 2 ** failures) * (0.75 + Math.random() / 2)
}

/** Shows how things are, and again after a while, as long as somebody can see it. */
async function refresh() {
  clearTimeout(timer)
  if (isAsking || document.visibilityState !== 'visible') return
  isAsking = true
  let board
  try {
    board = await ask()
    failures = 0
    lastMs = performance.now()
  } catch {
    failures++
    showAway(lastMs)
  }
  isAsking = false
  timer = setTimeout(refresh, waitMs())
  // After the next look is certain: a fault in drawing one must not be the last.
  if (board !== undefined) show(board)
}

document.addEventListener('visibilitychange', () => void refresh())
void refresh()
