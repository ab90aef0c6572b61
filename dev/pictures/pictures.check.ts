import { beforeAll, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import type { BrowserContextOptions } from 'playwright-core'
import { browserDuringTests } from '../browser/browser.ts'
import { systemDuringTests } from '../e2e/system.ts'
import { fillMatchDay, moveCoefficients } from './match-day.ts'

/** Regenerates the README pictures: `bun run test ./dev/pictures/pictures.check.ts`. */

/** Larger pictures would make the README slow to load. */
const MAX_BYTES = 150_000

const system = systemDuringTests()
const openPage = browserDuringTests()
beforeAll(() => fillMatchDay(system))

const VIEWS: [name: string, options: BrowserContextOptions][] = [
  ['board', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['board-dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['board-phone', { viewport: { width: 360, height: 800 }, colorScheme: 'light' }],
]

test.each(VIEWS)('%s', async (name, options) => {
  const { page } = await openPage(options)
  await page.goto(`${system.betsUrl}/`)
  await page.getByRole('radio').first().waitFor({ state: 'attached' })
  await moveCoefficients(system)
  await page.locator('[data-moved]').nth(5).waitFor()
  await page.getByRole('radio').nth(3).check({ force: true })
  await page.getByLabel('Stake').fill('25')
  await save(name, await page.screenshot())
})

test('docs', async () => {
  const { page } = await openPage({ viewport: { width: 1280, height: 900 } })
  await page.goto(`${system.betsUrl}/docs`)
  await page.locator('.opblock').first().waitFor()
  await save('docs', await page.screenshot())
})

async function save(name: string, picture: Buffer): Promise<void> {
  const path = `${import.meta.dir}/${name}.png`
  await Bun.write(path, picture)
  expect(statSync(path).size).toBeLessThan(MAX_BYTES)
}
