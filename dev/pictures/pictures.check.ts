import { afterAll, beforeAll, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { BROWSER_START_TIMEOUT_MS, openWatchedPage, startBrowser } from '../browser/browser.ts'
import { type System, startSystem } from '../e2e/system.ts'
import { fillMatchDay, movePrices } from './match-day.ts'

/** Makes the pictures of the README anew: `bun run test ./dev/pictures/pictures.check.ts`. */

/** More would make the README slow to open. */
const MAX_BYTES = 150_000

let system: System
let browser: Browser

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(), startBrowser()])
  await fillMatchDay(system)
}, BROWSER_START_TIMEOUT_MS)
afterAll(async () => {
  await Promise.all([browser.close(), system.stop()])
})

const VIEWS: [name: string, options: BrowserContextOptions][] = [
  ['board', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['board-dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['board-phone', { viewport: { width: 360, height: 800 }, colorScheme: 'light' }],
]

test.each(VIEWS)('%s', async (name, options) => {
  const { page } = await openWatchedPage(browser, options)
  await page.goto(`${system.betsUrl}/`)
  await page.getByRole('radio').first().waitFor({ state: 'attached' })
  await movePrices(system)
  await page.locator('[data-moved]').nth(5).waitFor()
  await page.getByRole('radio').nth(3).check({ force: true })
  await page.getByLabel('Stake').fill('25')
  await save(name, await page.screenshot())
})

test('docs', async () => {
  const { page } = await openWatchedPage(browser, { viewport: { width: 1280, height: 900 } })
  await page.goto(`${system.betsUrl}/docs`)
  await page.locator('.opblock').first().waitFor()
  await save('docs', await page.screenshot())
})

async function save(name: string, picture: Buffer): Promise<void> {
  const path = `${import.meta.dir}/${name}.png`
  await Bun.write(path, picture)
  expect(statSync(path).size).toBeLessThan(MAX_BYTES)
}
