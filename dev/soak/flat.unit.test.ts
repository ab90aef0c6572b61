import { expect, test } from 'bun:test'
import { growth } from './flat.ts'

const series = (length: number, at: (index: number) => number) =>
  Array.from({ length }, (_, index) => at(index))
const tolerance = { share: 0.1, beside: 4 }

test('a rise during warm-up and single peaks count as flat', () => {
  const warm = series(100, (n) => Math.min(n, 25) + (n % 10 === 0 ? 50 : 0))
  expect(growth(warm, tolerance)).toEqual({ from: 25, to: 25, grown: false })
})

test.each([
  ['a steady rise', true, (n: number) => 20 + n / 5],
  ['a steady rise of a large amount', true, (n: number) => 200 + n],
  ['a rise within the tolerance', false, (n: number) => 200 + n / 4],
  ['a fall', false, (n: number) => 200 - n],
])('%s counts as growth: %p', (_name, grown, at) => {
  expect(growth(series(100, at), tolerance)).toMatchObject({ grown })
})

test('too few samples throw', () => {
  expect(() => growth([1, 2, 3], tolerance)).toThrow('four samples')
})
