import { shownCents } from './event-book.ts'

/** Colours text, or returns it unchanged when colours are off. */
export type Paint = (style: keyof typeof STYLES, text: string) => string

const STYLES = { dim: '2', bold: '1', good: '32', bad: '1;31', title: '1;36' } as const

export function painter(withColours: boolean): Paint {
  return (style, text) =>
    withColours && text !== '' ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text
}

export function showCount(count: number): string {
  return count.toLocaleString('en')
}

/** Cents as an amount with thousands separators. */
export function showAmount(cents: bigint): string {
  const [whole = '', decimals] = shownCents(cents < 0n ? -cents : cents).split('.')
  return `${cents < 0n ? '−' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${decimals}`
}

export function showMs(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`
}

export function showClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`
}

const TICKS = '▁▂▃▄▅▆▇█'

/** The last numbers as a small chart. */
export function sparkline(numbers: readonly number[], width: number): string {
  const shown = numbers.slice(Math.max(0, numbers.length - width))
  const most = Math.max(1, ...shown)
  return shown.map((number) => TICKS[Math.round((number / most) * (TICKS.length - 1))]).join('')
}

export function progressBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '█'.repeat(full) + '░'.repeat(Math.max(0, width - full))
}

/** A label, its value, and how to highlight it. */
export type Cell = readonly [label: string, value: string, style?: 'good' | 'bad' | undefined]

/** The column at which a line's cells begin. */
export const INDENT = 10

/** Cells after a heading, wrapped to the width. */
export function flow(
  heading: string,
  cells: readonly Cell[],
  width: number,
  paint: Paint,
): string[] {
  const lines: string[] = []
  let line = `${paint('title', heading)}${' '.repeat(INDENT - heading.length)}`
  let used = INDENT
  for (const [label, value, style = 'bold'] of cells) {
    const name = label === '' ? '' : `${label} `
    const length = name.length + value.length
    if (used > INDENT && used + length > width) {
      lines.push(line.trimEnd())
      line = ' '.repeat(INDENT)
      used = INDENT
    }
    line += `${paint('dim', name)}${paint(style, value)}   `
    used += length + 3
  }
  return [...lines, line.trimEnd()]
}
