import { describe, expect, test } from 'bun:test'
import { sportingEvent } from '../../dev/testing/line-event.ts'
import { World } from './feed-world.ts'

describe('a feed sync', () => {
  test('over another feed closes betting and applies nothing; the next one is full', async () => {
    const world = new World()
    await world.sync()
    world.feedId = 'b'
    world.feed = [sportingEvent('m-1', { version: 1_000_001 })]
    world.steps = []
    world.listed = []
    expect(await world.sync()).toBe('started_over')
    expect(world.steps).toEqual(['begin', 'read a:5', 'start over'])
    expect(world.stored).toEqual({ number: 2, cursor: undefined, freshSince: undefined })
    expect(world.log.lines.map(({ level }) => level)).toContain('warn')

    expect(await world.sync()).toBe('complete')
    expect(world.listed).toEqual(['m-1'])
    expect(world.stored.cursor).toBe('b:1')
  })

  test('over a restored line voids earlier versions, once, before applying anything', async () => {
    const world = new World()
    world.versionBase = 1_000_000
    expect(await world.sync()).toBe('complete')
    expect(world.steps.slice(0, 4)).toEqual([
      'begin',
      'read from the beginning',
      'raise to 1000000',
      'apply m-1 m-2',
    ])
    expect(world.steps.filter((step) => step.startsWith('raise'))).toHaveLength(1)
    world.steps = []
    expect(await world.sync()).toBe('complete')
    expect(world.steps.slice(0, 5)).toEqual([
      ...['begin', 'read a:5', 'apply ', 'check hearsay', 'complete'],
    ])
  })

  test('over a line that went back in time fails, and betting closes in time', async () => {
    const world = new World()
    world.knownBase = 2_000_000
    world.versionBase = 1_000_000
    await expect(world.sync()).rejects.toThrow('put back')
    expect(world.steps).toEqual(['begin', 'read from the beginning'])
    expect(world.stored.freshSince).toBeUndefined()
  })

  test('over a line whose versions start near the end of numbers fails', async () => {
    const world = new World()
    world.versionBase = 9_000_000_000_000_001
    await expect(world.sync()).rejects.toThrow('too close to the highest number')
    expect(world.knownBase).toBe(0)
    expect(world.stored.freshSince).toBeUndefined()
  })

  test('over a line without a version base keeps the known one', async () => {
    const world = new World()
    world.knownBase = 1_000_000
    world.versionBase = undefined
    expect(await world.sync()).toBe('complete')
    expect(world.knownBase).toBe(1_000_000)
  })

  test('whose feed is replaced between two pages starts over too', async () => {
    const world = new World()
    world.onRead = (page) => {
      if (page === 2) world.feedId = 'b'
    }
    expect(await world.sync()).toBe('started_over')
    expect(world.stored).toEqual({ number: 1, cursor: undefined, freshSince: undefined })
  })
})
