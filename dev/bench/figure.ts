/** A measured figure and its baseline. Machines differ, so the ratio says more than the number. */
export interface Figure {
  id: string
  /** What is measured. */
  figure: string
  /** The baseline, measured in the same run. */
  limit: string
  unit: string
  /** The required ratio of figure to baseline. */
  target: { atLeast: number } | { atMost: number }
  /** The most that the figure itself may be. */
  ceiling?: number
}

/** One value per round; figure and baseline are measured alternately. */
export interface Samples {
  figure: number[]
  limit: number[]
}

/** The outcome of a measurement: samples by figure, and notes. */
export interface Measurement {
  samples: Record<string, Samples>
  notes?: Note[]
}

export interface Note {
  what: string
  value: string
}

/** Reports the progress of a measurement. */
export type Progress = (what: string) => void

export interface Summary {
  median: number
  min: number
  max: number
}

export interface Result extends Figure {
  measured: Summary
  limitMeasured: Summary
  ratio: number
  met: boolean
}

export function conclude(figure: Figure, samples: Samples): Result {
  const measured = summarize(samples.figure)
  const limitMeasured = summarize(samples.limit)
  const ratio = measured.median / limitMeasured.median
  const { target } = figure
  const inRatio = 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost
  const met = inRatio && measured.median <= (figure.ceiling ?? Number.POSITIVE_INFINITY)
  return { ...figure, measured, limitMeasured, ratio, met }
}

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const [min, median, max] = [0, sorted.length >> 1, sorted.length - 1].map(
    (index) => sorted[index],
  )
  if (min === undefined || median === undefined || max === undefined)
    throw new Error('Nothing was measured.')
  return { median, min, max }
}

/** The value below which the given share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
