import { byId, write } from './dom.js'
import { clock, short, signed, toCents } from './words.js'

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 600
/** Of the room of a bar, what the bar fills. */
const FILLED = 0.72

/** Bars are drawn once and then moved: the picture changes, nothing jumps. */
function barsIn(group, count) {
  while (group.childElementCount < count) {
    const bar = document.createElementNS(SVG, 'rect')
    bar.setAttribute('rx', '1.5')
    group.append(bar)
  }
  while (group.childElementCount > count) group.lastChild.remove()
  return [...group.children]
}

/** `share` is of the room above (positive) or below the base line, −1 to 1. */
function place(bar, index, count, share, base, room) {
  const step = WIDTH / count
  const height = share === 0 ? 0 : Math.max(1.5, Math.abs(share) * room)
  bar.setAttribute('x', String(step * (index + (1 - FILLED) / 2)))
  bar.setAttribute('width', String(step * FILLED))
  bar.setAttribute('y', String(share > 0 ? base - height : base))
  bar.setAttribute('height', String(height))
  bar.setAttribute('class', share < 0 ? 'below' : 'above')
}

/** A quotient of cents in thousandths: a length on the screen may be a number. */
const ratio = (cents, most) => (most === 0n ? 0 : Number((cents * 1_000n) / most) / 1_000)
const size = (cents) => (cents < 0n ? -cents : cents)

function largest(values) {
  let most = 0n
  for (const value of values) if (value > most) most = value
  return most
}

function widthInWords(ms) {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`
}

/** Turnover and result over time, of the bets that the board looks at. */
export function showChart({ bar_ms, until, turnover, result }) {
  const stakes = turnover.map(toCents)
  const results = result.map(toCents)
  const width = widthInWords(bar_ms)
  const untilMs = Date.parse(until)
  const fromMs = untilMs - bar_ms * stakes.length
  const whole = (bar_ms * stakes.length) / 1_000
  const over = whole >= 60 ? `${Math.round(whole / 60)} min` : `${whole} s`
  write(byId('chart-note'), `the last ${over}, each bar ${width}`)

  const most = largest(stakes)
  for (const [index, bar] of barsIn(byId('turnover-bars'), stakes.length).entries())
    place(bar, index, stakes.length, ratio(stakes[index], most), 100, 100)
  write(
    byId('turnover-top'),
    most === 0n ? `no bets in the last ${over}` : `highest ${short(most)}`,
  )
  write(byId('turnover-name'), `Turnover over the last ${over}, highest ${short(most)} in ${width}`)

  const farthest = largest(results.map(size))
  for (const [index, bar] of barsIn(byId('result-bars'), results.length).entries())
    place(bar, index, results.length, ratio(results[index], farthest), 40, 40)
  const sum = results.reduce((total, one) => total + one, 0n)
  write(byId('result-top'), farthest === 0n ? 'nothing settled' : `together ${signed(sum, short)}`)
  write(byId('result-name'), `Result over the last ${over}, together ${signed(sum, short)}`)

  write(byId('axis-from'), clock(fromMs))
  write(byId('axis-until'), clock(untilMs))
}

/** The sums above the chart. */
export function showFigures({ count, turnover, result, pending }) {
  const resultCents = toCents(result)
  write(byId('turnover'), short(toCents(turnover)))
  write(byId('pending'), short(toCents(pending)))
  write(byId('result'), signed(resultCents, short))
  byId('result').dataset.sign = resultCents < 0n ? 'below' : 'above'
  write(
    byId('of'),
    count === 0 ? 'No bets yet.' : `of the latest ${count.toLocaleString('en')} bets`,
  )
}
