import { byId, write } from './dom.js'
import { clock, compact, toCents, withSign } from './words.js'

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 600
/** The fraction of its slot that a bar fills. */
const FILL_RATIO = 0.72

/** Bars are reused, not redrawn, so that CSS can animate their changes. */
function barsIn(group, count) {
  while (group.childElementCount < count) {
    const bar = document.createElementNS(SVG, 'rect')
    bar.setAttribute('rx', '1.5')
    group.append(bar)
  }
  while (group.childElementCount > count) group.lastChild.remove()
  return [...group.children]
}

/** `share`, −1 to 1, is the fraction of the space above (positive) or below the baseline. */
function placeBar(bar, index, count, share, baseline, space) {
  const step = WIDTH / count
  const height = share === 0 ? 0 : Math.max(1.5, Math.abs(share) * space)
  bar.setAttribute('x', String(step * (index + (1 - FILL_RATIO) / 2)))
  bar.setAttribute('width', String(step * FILL_RATIO))
  bar.setAttribute('y', String(share > 0 ? baseline - height : baseline))
  bar.setAttribute('height', String(height))
  bar.setAttribute('class', share < 0 ? 'below' : 'above')
}

/** The ratio of two amounts, to three decimals: exact enough for a length on the screen. */
const ratio = (cents, max) => (max === 0n ? 0 : Number((cents * 1_000n) / max) / 1_000)
const absolute = (cents) => (cents < 0n ? -cents : cents)

function largest(values) {
  let max = 0n
  for (const value of values) if (value > max) max = value
  return max
}

function formatBarWidth(ms) {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`
}

/** Shows turnover and house profit/loss over time, of the bets that the board covers. */
export function showChart({ bar_ms, until, turnover, result }) {
  const stakes = turnover.map(toCents)
  const profits = result.map(toCents)
  const width = formatBarWidth(bar_ms)
  const untilMs = Date.parse(until)
  const fromMs = untilMs - bar_ms * stakes.length
  const seconds = (bar_ms * stakes.length) / 1_000
  const period = seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${seconds} s`
  write(byId('chart-note'), `Last ${period}, ${width} per bar`)

  const highest = largest(stakes)
  for (const [index, bar] of barsIn(byId('turnover-bars'), stakes.length).entries())
    placeBar(bar, index, stakes.length, ratio(stakes[index], highest), 100, 100)
  write(
    byId('turnover-top'),
    highest === 0n ? `no bets in the last ${period}` : `highest ${compact(highest)}`,
  )
  write(
    byId('turnover-name'),
    `Turnover over the last ${period}, highest ${compact(highest)} in ${width}`,
  )

  const farthest = largest(profits.map(absolute))
  for (const [index, bar] of barsIn(byId('profit-bars'), profits.length).entries())
    placeBar(bar, index, profits.length, ratio(profits[index], farthest), 40, 40)
  const total = withSign(
    profits.reduce((sum, cents) => sum + cents, 0n),
    compact,
  )
  write(byId('profit-top'), farthest === 0n ? 'nothing settled' : `total ${total}`)
  write(byId('profit-name'), `House profit/loss over the last ${period}, total ${total}`)

  write(byId('axis-from'), clock(fromMs))
  write(byId('axis-until'), clock(untilMs))
}

/** Shows the totals at the top of the page. */
export function showFigures({ count, turnover, result, pending }) {
  const profitCents = toCents(result)
  write(byId('turnover'), compact(toCents(turnover)))
  write(byId('pending'), compact(toCents(pending)))
  write(byId('profit'), withSign(profitCents, compact))
  byId('profit').dataset.sign = profitCents < 0n ? 'below' : 'above'
  write(
    byId('basis'),
    count === 0 ? 'No bets yet.' : `Totals of the latest ${count.toLocaleString('en')} bets`,
  )
}
