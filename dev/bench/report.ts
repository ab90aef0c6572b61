import type { Note, Result, Summary } from './figure.ts'

const COLUMNS = [
  'id',
  'figure',
  'median (min–max)',
  'limit, same run',
  'median (min–max)',
  'ratio',
  'target',
  '',
] as const

/** The results as a plain-text table. */
export function tableOf(results: readonly Result[], notes: readonly Note[]): string {
  const rows = results.map((result) => [
    result.id,
    result.figure,
    `${showSummary(result.measured)} ${result.unit}`,
    result.limit,
    `${showSummary(result.limitMeasured)} ${result.unit}`,
    `${result.ratio.toFixed(2)} ×`,
    showTarget(result),
    result.met ? 'met' : 'MISSED',
  ])
  const widths = COLUMNS.map((title, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map((cell) => cell.length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  const width = Math.max(0, ...notes.map(({ what }) => what.length))
  return [
    ...(rows.length > 0 ? [line(COLUMNS), ...rows.map(line)] : []),
    ...notes.map(({ what, value }) => `${what.padEnd(width)}  ${value}`),
  ].join('\n')
}

export function showTarget({ target }: Result): string {
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
}

function showSummary({ median, min, max }: Summary): string {
  return `${showNumber(median)} (${showNumber(min)}–${showNumber(max)})`
}

/** Formats with three significant digits and thousands separators. */
export function showNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(3)
}
