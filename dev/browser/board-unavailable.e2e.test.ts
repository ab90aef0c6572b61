import { beforeAll, expect, test } from 'bun:test'
import { killNow, systemDuringTests } from '../e2e/system.ts'
import { browserDuringTests, picture, type WatchedPage } from './browser.ts'

const system = systemDuringTests({ FEED_MAX_AGE_MS: '4000', FEED_SYNC_INTERVAL_MS: '300' })
const openPage = browserDuringTests()
let board: WatchedPage

const state = () => board.page.locator('#feed').getAttribute('data-state')
const message = (text: string) => board.page.locator('#connection').getByText(text).waitFor()

beforeAll(async () => {
  await system.open('derby')
  board = await openPage()
  await board.page.goto(`${system.betsUrl}/`)
  await board.page.getByRole('radio', { name: /derby/ }).waitFor({ state: 'attached' })
})

test('says when the feed is delayed, down and live again, and announces each once', async () => {
  const { page } = board
  await page.getByText('Feed live, betting open').waitFor()
  system.worker.kill('SIGSTOP')
  await page.locator('#feed').getByText('Feed delayed, betting open').waitFor()
  await page.locator('#feed').getByText('Feed down, betting closed').waitFor()
  expect(await state()).toBe('down')
  const read = await page.getByRole('status').allTextContents()
  expect(read.filter((text) => text.startsWith('Feed down'))).toHaveLength(1)
  await picture(page, 'board-feed-down')

  await page.locator('[data-key="derby"]').click()
  await page.getByLabel('Stake').fill('5')
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Bet not placed. Betting is closed because event data is').waitFor()
  board.expectClean([/503/])
  board.forgive()
  system.worker.kill('SIGCONT')
  await page.locator('#feed').getByText('betting open').waitFor()
})

test('says that line-provider is unavailable, keeps the known events, and recovers', async () => {
  await killNow(system.line)
  await message('Event data is unavailable.')
  expect(await board.page.getByRole('radio', { name: /derby/ }).count()).toBe(1)
  await picture(board.page, 'board-line-unavailable')
  await system.restart('line')
  await board.page.locator('#connection:empty').waitFor({ state: 'attached' })
  board.expectClean()
})

test('says that the database is unavailable, and recovers', async () => {
  await system.betSql`alter table bets rename to bets_renamed`
  await message('The database is unavailable.')
  expect(await state()).toBe('unknown')
  await system.betSql`alter table bets_renamed rename to bets`
  await board.page.locator('#connection:empty').waitFor({ state: 'attached' })
  board.expectClean()
})

test('says that the connection is lost, retries less often, and recovers', async () => {
  const { page } = board
  await killNow(system.bets)
  await message('Connection lost. Reconnecting')
  expect(await state()).toBe('unknown')
  const requestedAt: number[] = []
  page.on('request', () => requestedAt.push(performance.now()))
  await page.waitForRequest(/board\.json/)
  await page.waitForRequest(/board\.json/)
  expect((requestedAt[1] as number) - (requestedAt[0] as number)).toBeGreaterThan(1_400)
  await system.restart('bets')
  await page.locator('#connection:empty').waitFor({ state: 'attached', timeout: 20_000 })
  await page.locator('#feed').getByText('betting open').waitFor()
})
