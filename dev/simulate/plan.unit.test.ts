import { expect, test } from 'bun:test'
import { answerTo, type Version } from '../model/model.ts'
import { planMatchDay } from './plan.ts'

const DAY = { seed: 42, events: 60, seconds: 30 }

test('the same seed gives the same match day, another seed another one', () => {
  expect(planMatchDay(DAY)).toEqual(planMatchDay(DAY))
  expect(planMatchDay({ ...DAY, seed: 43 })).not.toEqual(planMatchDay(DAY))
})

test('the plan of an event does not depend on the number of events', () => {
  expect(planMatchDay({ ...DAY, events: 10 })).toEqual(planMatchDay(DAY).slice(0, 10))
})

test('all steps are valid, in order and within the day; each event ends or is postponed', () => {
  const kinds = new Set<string>()
  for (const { steps, kickOffMs } of planMatchDay(DAY)) {
    let at: Version | undefined
    let lastMs = 0
    for (const { atMs, change } of steps) {
      const answer = answerTo(at === undefined ? { ...change, deadlineAhead: true } : change, at)
      if (answer.kind === 'refused')
        throw new Error(`${answer.code}: ${JSON.stringify(steps, showBigInts)}`)
      if (at !== undefined && at.state !== answer.event.state)
        kinds.add(`${at.state} → ${answer.event.state}`)
      if (answer.event.suspended) kinds.add('suspended')
      expect(atMs).toBeGreaterThanOrEqual(lastMs)
      at = answer.event
      lastMs = atMs
    }
    expect(lastMs).toBeLessThan(DAY.seconds * 1_000)
    if (kickOffMs !== undefined) kinds.add('kicked off')
    if (at?.state === 'NEW') expect(at.suspended).toBe(true)
  }
  expect([...kinds].sort()).toEqual([
    'CANCELLED → FINISHED_LOSE',
    'CANCELLED → NEW',
    'FINISHED_LOSE → CANCELLED',
    'FINISHED_LOSE → FINISHED_WIN',
    'FINISHED_LOSE → NEW',
    'FINISHED_WIN → FINISHED_LOSE',
    'FINISHED_WIN → NEW',
    'NEW → CANCELLED',
    'NEW → FINISHED_LOSE',
    'NEW → FINISHED_WIN',
    'kicked off',
    'suspended',
  ])
})

const showBigInts = (_: string, value: unknown) =>
  typeof value === 'bigint' ? Number(value) : value
