import type { Result } from './figure.ts'
import { showNumber, showTarget } from './report.ts'

const TITLE = 'Each figure relative to its baseline in the same run'
const ROW = 44
const TOP = 84
const LABELS = 190
const BARS = 420
const WIDTH = 900
/** The full length of a bar, as a multiple of the target. */
const SCALE = 1.6

/**
 * The ratios as a standalone SVG. The scale of each bar is such that all targets line up. Readable
 * on light and dark pages.
 */
export function chartOf(results: readonly Result[], machine: string): string {
  const height = TOP + results.length * ROW + 16
  const line = LABELS + BARS / SCALE
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}"
 width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13">
<title>${TITLE}</title>
<rect width="${WIDTH}" height="${height}" rx="10" fill="#fbfaf7"/>
<text x="20" y="32" font-size="18" font-weight="600" fill="#1d2733">${TITLE}</text>
<text x="20" y="52" fill="#66707c">${asText(machine)}</text>
<text x="${line}" y="${TOP - 18}" text-anchor="middle" fill="#1d2733">target</text>
${results.map((result, index) => barOf(result, TOP + index * ROW)).join('\n')}
<line x1="${line}" y1="${TOP - 14}" x2="${line}" y2="${height - 14}"
 stroke="#1d2733" stroke-dasharray="3 4"/>
</svg>
`
}

function barOf(result: Result, y: number): string {
  const goal = 'atLeast' in result.target ? result.target.atLeast : result.target.atMost
  const width = Math.max(2, (Math.min(result.ratio / goal, SCALE) / SCALE) * BARS)
  const colour = result.met ? '#2f855a' : '#c05621'
  const [measured, limit] = [result.measured, result.limitMeasured]
  const figures = `${showNumber(measured.median)} to ${showNumber(limit.median)} ${result.unit}`
  const ratio = result.ratio.toFixed(2)
  const right = LABELS + BARS + 14
  return `<text x="${LABELS - 12}" y="${y + 17}" text-anchor="end"
 fill="#1d2733">${asText(result.id)}</text>
<rect x="${LABELS}" y="${y}" width="${BARS}" height="26" rx="4" fill="#ece9e1"/>
<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="26" rx="4" fill="${colour}"/>
<text x="${right}" y="${y + 12}" fill="#1d2733" font-weight="600">${ratio} × <tspan
 font-weight="400" fill="#66707c">(${asText(showTarget(result))})</tspan></text>
<text x="${right}" y="${y + 28}" font-size="11" fill="#66707c">${asText(figures)}</text>`
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
