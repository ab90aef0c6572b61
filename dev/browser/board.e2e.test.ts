import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { type System, send, startSystem } from '../e2e/system.ts'
import { bearer } from '../testing/access-suite.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import {
  BROWSER_START_TIMEOUT_MS,
  openWatchedPage,
  picture,
  startBrowser,
  type WatchedPage,
} from './browser.ts'
import { CLIENT, OPERATOR, WITH_TOKENS } from './tokens.ts'

let system: System
let browser: Browser
let board: WatchedPage

const put = async (event_id: string, fields: object) => {
  const { status } = await send(
    'PUT',
    `${system.lineUrl}/event`,
    { event_id, ...fields },
    bearer(OPERATOR),
  )
  expect(status).toBeOneOf([200, 201])
}
const open = async (options: Parameters<typeof openWatchedPage>[1] = {}) => {
  const watched = await openWatchedPage(browser, options)
  await watched.page.goto(`${system.betsUrl}/`)
  await watched.page.getByText('Feed fresh, bets are taken').waitFor()
  return watched
}
const rowOf = (event_id: string, { page } = board) => page.locator(`[data-key="${event_id}"]`)

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem(WITH_TOKENS), startBrowser()])
  board = await open()
}, BROWSER_START_TIMEOUT_MS)
afterAll(() => Promise.all([browser.close(), system.stop()]))

test('an empty house says so, and everything on the page has a name for those who hear it', async () => {
  const { page } = board
  await page.getByText('No event is open. New ones appear here by themselves.').waitFor()
  await page.getByText('No bet has been placed yet.').waitFor()
  const heard = await page.locator('body').ariaSnapshot()
  for (const part of [
    ...[
      'heading "Bets" [level=1]',
      'heading "Open events" [level=2]',
      'heading "Latest bets" [level=2]',
    ],
    ...['radiogroup "Open events"', 'form "Place a bet"', 'textbox "Stake"', 'button "Place bet"'],
    ...[
      'checkbox "Take a higher price, too" [checked]',
      'img "Turnover over the last 10 min',
      'img "Result over',
    ],
  ])
    expect(heard).toContain(part)
  await picture(page, 'board-empty')
  board.expectClean()
})

test('an event appears, its price moves within 2 s with a mark, and it leaves when it is suspended', async () => {
  const { page } = board
  await put('derby', { coefficient: '1.50', deadline: FAR_DEADLINE })
  await put('final', { coefficient: '2.40', deadline: FAR_DEADLINE })
  const price = rowOf('derby').locator('.event-price')
  await price.waitFor()
  expect(await price.textContent()).toBe('1.50')
  expect(await page.getByRole('radio').count()).toBe(2)

  for (const [coefficient, mark, words] of [
    ['1.65', '▲ 0.15', 'up by 0.15 to'],
    ['1.60', '▼ 0.05', 'down by 0.05 to'],
  ]) {
    await put('derby', { coefficient })
    const began = performance.now()
    await rowOf('derby')
      .getByText(mark as string)
      .waitFor()
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await price.textContent()).toBe(coefficient as string)
    await page.getByRole('radio', { name: words as string }).waitFor({ state: 'attached' })
  }

  await put('derby', { suspended: true })
  await rowOf('derby').waitFor({ state: 'detached' })
  await put('derby', { suspended: false })
  await rowOf('derby').waitFor()
  board.expectClean()
})

test('by keyboard alone: pick, stake, give the token that is asked for, bet, and see it come in and settle', async () => {
  const { page } = board
  const { keyboard } = page
  const pressUntil = async (key: string, role: string, name: RegExp) => {
    for (let presses = 0; presses < 12; presses++) {
      await keyboard.press(key)
      const focused = page.locator('*:focus')
      if (
        (await focused.count()) > 0 &&
        (await page
          .getByRole(role as 'radio', { name })
          .and(focused)
          .count()) > 0
      )
        return
    }
    throw new Error(`${key} does not lead to the ${role} ${name}`)
  }
  await pressUntil('Tab', 'radio', /derby/)
  await keyboard.press('Space')
  await pressUntil('ArrowDown', 'radio', /final/)
  await pressUntil('Tab', 'textbox', /Stake/)
  await keyboard.type('12,50')
  await page.getByText('Pays 30.00 if it wins').waitFor()
  await keyboard.press('Enter')
  await page.getByText('Enter the token that you were given').waitFor()
  await keyboard.type('a-wrong-one')
  await keyboard.press('Enter')
  await page.getByText('This token is not valid here.').waitFor()
  board.expectClean([/401/, /401/])
  board.forgive()
  await keyboard.press('Control+A')
  await keyboard.type(CLIENT)
  await keyboard.press('Enter')
  await page.getByRole('status').getByText('Taken at 2.40. 12.50 pays 30.00 if it wins.').waitFor()

  const bet = page.locator('.bet').first()
  await bet.waitFor()
  expect(await bet.textContent()).toMatch(/^final12\.50 at 2\.40open\d\d:\d\d:\d\d$/)
  await put('final', { state: 'FINISHED_WIN' })
  await bet.getByText('won').waitFor()
  expect(await bet.textContent()).toMatch(/^final12\.50 at 2\.40wonpays 30\.00\d\d:\d\d:\d\d$/)
  await eventually(async () => expect(await page.locator('#result').textContent()).toBe('−17.50'))
  expect(await page.locator('#turnover').textContent()).toBe('12.50')
  expect(
    await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])'),
  ).toBe('[{},{},""]')
  // The one that was picked is over.
  await page.locator('#pick').getByText('takes no bets any more').waitFor()
  board.expectClean()
})

test('a price that has moved meanwhile is refused in plain words, and the next press bets at the new one', async () => {
  const { page } = board
  await put('moving', { coefficient: '1.80', deadline: FAR_DEADLINE })
  await rowOf('moving').click()
  await page.getByLabel('Stake').fill('4')
  // The page sees the old price for as long as this holds.
  const asItWas = await (await fetch(`${system.betsUrl}/board.json`)).text()
  await page.route('**/board.json', (route) =>
    route.fulfill({ body: asItWas, contentType: 'application/json' }),
  )
  await put('moving', { coefficient: '1.70' })
  await eventually(async () => {
    await page.getByRole('button', { name: 'Place bet' }).click()
    await page
      .getByText('The price has moved to 1.70. Press again to bet at that price.')
      .waitFor({ timeout: 500 })
  })
  await page.unroute('**/board.json')
  await rowOf('moving').getByText('▼ 0.10').waitFor()
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Taken at 1.70. 4.00 pays 6.80 if it wins.').waitFor()

  await page.getByLabel('Stake').fill('12.345')
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Enter a stake from 0.01').waitFor()
  expect(await page.getByLabel('Stake').getAttribute('aria-invalid')).toBe('true')
  board.forgive()
})

test('when no answer comes, the second press is the same bet: it is taken once', async () => {
  const { page } = board
  const count = async () => Number((await system.betSql`select count(*) from bets`)[0]?.count)
  const before = await count()
  await page.getByLabel('Stake').fill('7.77')
  // Taken by the service, and the answer lost on its way.
  await page.route('**/bet', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Press again: it is taken once at most.').waitFor()
  await page.unroute('**/bet')
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Taken at 1.70. 7.77 pays 13.21 if it wins.').waitFor()
  expect(await count()).toBe(before + 1)
  board.forgive()
})

test('light and dark as the system likes it, and 360 pixels are enough, for long names too', async () => {
  await put(`a-very-long-name-${'of-an-event-'.repeat(3)}`, {
    coefficient: '99999.99',
    deadline: FAR_DEADLINE,
  })
  // As many settled bets as the list takes, most of them below what is seen of it.
  await system.betSql`
    insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version, state,
                      payout_cents, created_at, settled_at, client, accept_odds)
    select 'final', 100 + n, 240, 1, 2, 'WIN', 240, now(), now(), 'anna', 'any' from generate_series(1, 30) n`
  const grounds: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const phone = await open({ colorScheme, viewport: { width: 360, height: 800 } })
    await phone.page.locator('.bet').nth(29).waitFor()
    await rowOf('moving', phone).click()
    grounds.push(
      await phone.page.evaluate<string>('getComputedStyle(document.body).backgroundColor'),
    )
    const tooWide = `[document.documentElement, ...document.querySelectorAll('.scroll')]
      .filter((part) => part.scrollWidth > part.clientWidth).length`
    expect(await phone.page.evaluate<number>(tooWide)).toBe(0)
    const below = `document.documentElement.scrollHeight - document.querySelector('footer').getBoundingClientRect().bottom - scrollY`
    expect(Math.abs(await phone.page.evaluate<number>(below))).toBeLessThan(2)
    await picture(phone.page, `board-phone-${colorScheme}`)
    phone.expectClean()
    await phone.context.close()
  }
  expect(grounds).toEqual(['rgb(244, 243, 239)', 'rgb(16, 18, 22)'])
})

test('asks nothing while nobody can see it, and at once when somebody can again', async () => {
  const { page, context } = await open()
  let asked = 0
  page.on('request', () => asked++)
  const setVisibility = (state: string) =>
    page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
  await setVisibility('hidden')
  await Bun.sleep(1_200)
  asked = 0
  await Bun.sleep(1_500)
  expect(asked).toBe(0)
  await setVisibility('visible')
  await eventually(() => expect(asked).toBeGreaterThan(0), { withinMs: 500 })
  await context.close()
})
