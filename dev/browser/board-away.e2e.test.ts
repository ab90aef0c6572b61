import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { killNow, type System, send, startSystem } from '../e2e/system.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { spawnService } from '../testing/process.ts'
import {
  BROWSER_START_TIMEOUT_MS,
  openWatchedPage,
  picture,
  startBrowser,
  type WatchedPage,
} from './browser.ts'

let system: System
let browser: Browser
let board: WatchedPage

const state = () => board.page.locator('#feed').getAttribute('data-state')
const news = (text: string) => board.page.locator('#connection').getByText(text).waitFor()
const portOf = (url: string) => new URL(url).port

beforeAll(async () => {
  ;[system, browser] = await Promise.all([
    startSystem({ FEED_MAX_AGE_MS: '4000', FEED_SYNC_INTERVAL_MS: '300' }),
    startBrowser(),
  ])
  await send('PUT', `${system.lineUrl}/event`, {
    event_id: 'derby',
    coefficient: '1.50',
    deadline: FAR_DEADLINE,
  })
  board = await openWatchedPage(browser)
  await board.page.goto(`${system.betsUrl}/`)
  await board.page.getByRole('radio', { name: /derby/ }).waitFor({ state: 'attached' })
}, BROWSER_START_TIMEOUT_MS)
afterAll(() => Promise.all([browser.close(), system.stop()]))

test('a feed that is late, then down, is told by words, and read out once; then it is fresh again', async () => {
  const { page } = board
  await page.getByText('Feed fresh, bets are taken').waitFor()
  system.worker.kill('SIGSTOP')
  await page.locator('#feed').getByText('Feed late, bets are still taken').waitFor()
  await page.locator('#feed').getByText('Feed down, no bets are taken').waitFor()
  expect(await state()).toBe('down')
  const read = await page.getByRole('status').allTextContents()
  expect(read.filter((text) => text.startsWith('Feed down'))).toHaveLength(1)
  await picture(page, 'board-feed-down')

  await page.locator('[data-key="derby"]').click()
  await page.getByLabel('Stake').fill('5')
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Not taken. The service has not heard of the line for too long').waitFor()
  board.expectClean([/503/])
  board.forgive()
  system.worker.kill('SIGCONT')
  await page.locator('#feed').getByText('bets are taken').waitFor()
})

test('without line-provider the page says so, keeps what it knew, and goes on by itself', async () => {
  await killNow(system.line)
  await news('line-provider does not answer.')
  expect(await board.page.getByRole('radio', { name: /derby/ }).count()).toBe(1)
  await picture(board.page, 'board-line-away')
  system.line = await spawnService('line-provider/src/main.ts', {
    ...system.env,
    LINE_PROVIDER_PORT: portOf(system.lineUrl),
  })
  await board.page.locator('#connection:empty').waitFor({ state: 'attached' })
  board.expectClean()
})

test('without its database the page says so and goes on by itself', async () => {
  await system.betSql`alter table bets rename to bets_away`
  await news('The database does not answer.')
  expect(await state()).toBe('unknown')
  await system.betSql`alter table bets_away rename to bets`
  await board.page.locator('#connection:empty').waitFor({ state: 'attached' })
  board.expectClean()
})

test('without the service itself the page says so, asks less often, and goes on by itself', async () => {
  const { page } = board
  await killNow(system.bets)
  await news('This service does not answer.')
  expect(await state()).toBe('unknown')
  const askedAt: number[] = []
  page.on('request', () => askedAt.push(performance.now()))
  await page.waitForRequest(/board\.json/)
  await page.waitForRequest(/board\.json/)
  expect((askedAt[1] as number) - (askedAt[0] as number)).toBeGreaterThan(1_400)
  system.bets = await spawnService('bet-maker/src/main.ts', {
    ...system.env,
    BET_MAKER_PORT: portOf(system.betsUrl),
  })
  await page.locator('#connection:empty').waitFor({ state: 'attached', timeout: 20_000 })
  await page.locator('#feed').getByText('bets are taken').waitFor()
})
