import { showBets } from './bets.js'
import { showChart, showFigures } from './chart.js'
import { eventsList } from './events.js'
import { showFeed, showUnavailable } from './feed.js'
import { betSlip } from './slip.js'

const REFRESH_MS = 1_000
const TIMEOUT_MS = 5_000
/** While the service is unavailable, each wait is twice the previous one, up to this limit. */
const MAX_WAIT_MS = 15_000

const events = eventsList((eventId) => slip.pick(eventId))
const slip = betSlip({ find: events.find, onPlaced: () => void refresh() })

let failures = 0
let lastSuccessMs
let timer
let isLoading = false

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

// Relative, like every link of the page: a proxy may serve it below a prefix.
async function loadBoard() {
  const response = await fetch('board.json', { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`/board.json answered ${response.status}`)
  return response.json()
}

/** Jitter keeps all open pages from coming back to a recovered service at the same moment. */
function waitMs() {
  if (failures === 0) return REFRESH_MS
  return Math.min(MAX_WAIT_MS, REFRESH_MS * 2 ** failures) * (0.75 + Math.random() / 2)
}

/** Loads and shows the board, then schedules the next refresh. Does nothing in a hidden tab. */
async function refresh() {
  clearTimeout(timer)
  if (isLoading || document.visibilityState !== 'visible') return
  isLoading = true
  let board
  try {
    board = await loadBoard()
    failures = 0
    lastSuccessMs = performance.now()
  } catch {
    failures++
    showUnavailable(lastSuccessMs)
  }
  isLoading = false
  timer = setTimeout(refresh, waitMs())
  // Drawn after the next refresh is scheduled: an error while drawing must not stop the refreshing.
  if (board !== undefined) show(board)
}

document.addEventListener('visibilitychange', () => void refresh())
void refresh()
