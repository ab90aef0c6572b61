import { basename } from 'node:path'
import type { NamedTest } from './verdict.ts'

const TEST_CHARACTERS = 60

/** The result of one test for one mutant. */
export interface Row extends NamedTest {
  mutant: string
  noticed: boolean
  seconds: number
  /** The failure of the test, or its other outcome. */
  why: string
}

/** Prints which test noticed which mutant, how fast and how; then details of the unnoticed ones. */
export function printTable(rows: readonly Row[]): void {
  const inOrder = [...rows].sort((a, b) => (a.mutant < b.mutant ? -1 : a.mutant > b.mutant ? 1 : 0))
  const cells = inOrder.map(({ mutant, file, test, noticed, seconds, why }, index) => [
    inOrder[index - 1]?.mutant === mutant ? '' : mutant,
    noticed
      ? `${basename(file, '.test.ts')}: ${cut(test)}`
      : `NOT by ${basename(file, '.test.ts')}: ${cut(test)}`,
    seconds.toFixed(1),
    why.split('\n', 1)[0] ?? '',
  ])
  const header = ['mutant', 'noticed by', 'seconds', 'because']
  const widths = header.map((title, column) =>
    Math.max(...[header, ...cells].map((row) => (row[column] ?? title).length)),
  )
  console.log()
  for (const row of [header, ...cells])
    console.log(
      row
        .map((cell, column) =>
          column === 2
            ? cell.padStart(widths[2] ?? 0)
            : cell.padEnd(column === 3 ? 0 : (widths[column] ?? 0)),
        )
        .join('  '),
    )
  console.log()
  for (const { mutant, file, test, why } of inOrder.filter(({ noticed }) => !noticed))
    console.log(`${mutant} was not noticed by ${file}: ${test}\n${why}\n`)
}

const cut = (text: string) =>
  text.length > TEST_CHARACTERS ? `${text.slice(0, TEST_CHARACTERS - 1)}…` : text
