import { expect, test } from 'bun:test'
import { growth } from './flat.ts'

const series = (length: number, at: (index: number) => number) =>
  Array.from({ length }, (_, index) => at(index))
const tolerance = { share: 0.1, beside: 4 }

test('a rise during warm-up and single peaks count as flat', () => {
  const warm = series(100, (n) => Math.min(n, 25) + (n % 10 === 0 ? 50 : 0))
  expect(growth(warm, tolerance)).toEqual({ from: 25, to: 25, grown: false })
})

test('a steady rise counts as growth', () => {
  expect(
    growth(
      series(100, (n) => 20 + n / 5),
      tolerance,
    ),
  ).toMatchObject({ grown: true })
  expect(
    growth(
      series(100, (n) => 200 + n),
      tolerance,
    ),
  ).toMatchObject({ grown: true })
})

test('a rise within the tolerance and a fall count as flat', () => {
  expect(
    growth(
      series(100, (n) => 200 + n / 4),
      tolerance,
    ),
  ).toMatchObject({ grown: false })
  expect(
    growth(
      series(100, (n) => 200 - n),
      tolerance,
    ),
  ).toMatchObject({ grown: false })
})

test('too few samples throw', () => {
  expect(() => growth([1, 2, 3], tolerance)).toThrow('four samples')
})
