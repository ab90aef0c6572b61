import { describe, expect, test } from 'bun:test'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { LineUnavailableError } from '../src/domain/errors.ts'
import { PAGE, World } from './feed-world.ts'

describe('a feed sync', () => {
  test('stores the cursor and the time it started once every page is applied', async () => {
    const world = new World()
    expect(await world.sync()).toBe('complete')
    expect(world.steps).toEqual([
      'begin',
      'read from the beginning',
      'apply m-1 m-2',
      'list m-1 m-2',
      'read a:2',
      'apply m-3 m-4',
      'list m-3 m-4',
      'read a:4',
      'apply m-5',
      'list m-5',
      'check hearsay',
      'suspend after ',
      'suspend after m-3',
      'complete',
    ])
    expect(world.stored).toEqual({ number: 1, cursor: 'a:5', freshSince: 'after step 1' })
  })

  test('continues where the latest feed sync stopped, and then records no list', async () => {
    const world = new World()
    await world.sync()
    world.feed.push(sportingEvent('m-1', { version: 2 }))
    world.steps = []
    expect(await world.sync()).toBe('complete')
    expect(world.steps).toEqual([
      ...['begin', 'read a:5', 'apply m-1', 'check hearsay', 'complete'],
      ...['read from the beginning', 'apply m-1 m-2'],
    ])
    expect(world.stored.cursor).toBe('a:6')
  })

  test('of a feed without news completes too: it confirms that nothing is missing', async () => {
    const world = new World()
    world.feed = []
    expect(await world.sync()).toBe('complete')
    expect(world.stored).toEqual({ number: 1, cursor: 'a:0', freshSince: 'after step 1' })
    expect(world.listed).toEqual([])
  })

  test('continues after a full page until one is not full', async () => {
    const world = new World()
    world.feed = world.feed.slice(0, PAGE)
    await world.sync()
    expect(world.steps.filter((step) => step.startsWith('read'))).toEqual([
      'read from the beginning',
      'read a:2',
    ])
  })

  test('with an inapplicable event is incomplete, and the next starts where it did', async () => {
    const world = new World()
    world.bad = ['m-3']
    await expect(world.sync()).rejects.toThrow('cannot take m-3')
    expect(world.steps).not.toContain('complete')
    expect(world.stored).toEqual({ number: 0, cursor: undefined, freshSince: undefined })
    // Its neighbour on the page was applied, and no further page was read.
    expect(world.copy).toEqual(['m-1', 'm-2', 'm-4'])

    world.bad = []
    expect(await world.sync()).toBe('complete')
    expect(world.copy).toContain('m-3')
  })

  test('in which the last page cannot be applied stores nothing', async () => {
    const world = new World()
    world.bad = ['m-5']
    await expect(world.sync()).rejects.toThrow('cannot take m-5')
    expect(world.stored).toEqual({ number: 0, cursor: undefined, freshSince: undefined })
  })

  test('during which line-provider becomes unavailable stays incomplete', async () => {
    const world = new World()
    world.onRead = (page) => {
      if (page === 2) throw new LineUnavailableError()
    }
    await expect(world.sync()).rejects.toThrow(LineUnavailableError)
    expect(world.stored.number).toBe(0)
  })

  test('that was overtaken stores nothing', async () => {
    const world = new World()
    world.onRead = (page) => {
      if (page === 1) world.stored = { number: 7, cursor: 'a:5', freshSince: 'later' }
    }
    expect(await world.sync()).toBe('overtaken')
    expect(world.stored).toEqual({ number: 7, cursor: 'a:5', freshSince: 'later' })
  })

  test('applies what it read as the truth since it began, and checks hearsay so', async () => {
    const world = new World()
    await world.sync()
    expect(world.readSince).toBe('after step 1')
    expect(world.checkedSince).toBe('after step 1')
  })

  test('compares a page of the whole feed each time, and begins again after the last', async () => {
    const world = new World()
    await world.sync()
    const pages: string[] = []
    for (let n = 0; n < 4; n++) {
      world.steps = []
      expect(await world.sync()).toBe('complete')
      pages.push(...world.steps.slice(world.steps.indexOf('complete') + 1))
    }
    expect(pages).toEqual([
      ...['read from the beginning', 'apply m-1 m-2', 'read a:2', 'apply m-3 m-4'],
      ...['read a:4', 'apply m-5', 'read from the beginning', 'apply m-1 m-2'],
    ])
  })
})
