import { beforeAll, expect, test } from 'bun:test'
import { systemDuringTests } from '../e2e/system.ts'
import { bearer } from '../testing/access-suite.ts'
import { eventually } from '../testing/eventually.ts'
import { FAR_DEADLINE } from '../testing/line-event.ts'
import { browserDuringTests, picture, type WatchedPage } from './browser.ts'
import { CLIENT, OPERATOR, WITH_TOKENS } from './tokens.ts'

const system = systemDuringTests(WITH_TOKENS)
const openPage = browserDuringTests()
let board: WatchedPage

const put = (event_id: string, fields: object) =>
  system.change({ event_id, ...fields }, bearer(OPERATOR))
const open = async (options: Parameters<typeof openPage>[0] = {}) => {
  const watched = await openPage(options)
  await watched.page.goto(`${system.betsUrl}/`)
  await watched.page.getByText('Feed live, betting open').waitFor()
  return watched
}
const rowOf = (event_id: string, { page } = board) => page.locator(`[data-key="${event_id}"]`)

beforeAll(async () => {
  board = await open()
})

test('shows empty lists, and names every part of the page for screen readers', async () => {
  const { page } = board
  await page.getByText('No open events. New ones appear here automatically.').waitFor()
  await page.locator('#bets-empty').getByText('No bets yet.').waitFor()
  const spoken = await page.locator('body').ariaSnapshot()
  for (const part of [
    ...[
      'heading "Bets" [level=1]',
      'heading "Open events" [level=2]',
      'heading "Latest bets" [level=2]',
    ],
    ...['radiogroup "Open events"', 'form "Place a bet"', 'textbox "Stake"', 'button "Place bet"'],
    ...[
      'checkbox "Accept higher odds" [checked]',
      'img "Turnover over the last 10 min',
      'img "House profit/loss over',
    ],
  ])
    expect(spoken).toContain(part)
  await picture(page, 'board-empty')
  board.expectClean()
})

test('shows a new event and its coefficient changes, and removes it when suspended', async () => {
  const { page } = board
  await put('derby', { coefficient: '1.50', deadline: FAR_DEADLINE })
  await put('final', { coefficient: '2.40', deadline: FAR_DEADLINE })
  const coefficientCell = rowOf('derby').locator('.event-coefficient')
  await coefficientCell.waitFor()
  expect(await coefficientCell.textContent()).toBe('1.50')
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
    expect(await coefficientCell.textContent()).toBe(coefficient as string)
    await page.getByRole('radio', { name: words as string }).waitFor({ state: 'attached' })
  }

  await put('derby', { suspended: true })
  await rowOf('derby').waitFor({ state: 'detached' })
  await put('derby', { suspended: false })
  await rowOf('derby').waitFor()
  board.expectClean()
})

test('works by keyboard alone, from picking an event to the settled bet', async () => {
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
  await page.getByText('Potential payout 30.00').waitFor()
  await keyboard.press('Enter')
  await page.getByText('Enter your access token').waitFor()
  await keyboard.type('a-wrong-one')
  await keyboard.press('Enter')
  await page.getByText('This access token is not valid.').waitFor()
  board.expectClean([/401/, /401/])
  board.forgive()
  await keyboard.press('Control+A')
  await keyboard.type(CLIENT)
  await keyboard.press('Enter')
  const placed = 'Bet placed at 2.40. Stake 12.50, potential payout 30.00.'
  await page.getByRole('status').getByText(placed).waitFor()

  const bet = page.locator('.bet').first()
  await bet.waitFor()
  expect(await bet.textContent()).toMatch(/^final12\.50 at 2\.40pending\d\d:\d\d:\d\d$/)
  await put('final', { state: 'FINISHED_WIN' })
  await bet.getByText('won').waitFor()
  expect(await bet.textContent()).toMatch(/^final12\.50 at 2\.40wonpayout 30\.00\d\d:\d\d:\d\d$/)
  await eventually(async () => expect(await page.locator('#profit').textContent()).toBe('−17.50'))
  expect(await page.locator('#turnover').textContent()).toBe('12.50')
  expect(
    await page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])'),
  ).toBe('[{},{},""]')
  await page.locator('#pick').getByText('betting closed').waitFor()
  board.expectClean()
})

test('explains that the odds have changed, and the next press bets at the new odds', async () => {
  const { page } = board
  await put('moving', { coefficient: '1.80', deadline: FAR_DEADLINE })
  await rowOf('moving').click()
  await page.getByLabel('Stake').fill('4')
  // Keeps the old coefficient on the page.
  const outdated = await (await fetch(`${system.betsUrl}/board.json`)).text()
  await page.route('**/board.json', (route) =>
    route.fulfill({ body: outdated, contentType: 'application/json' }),
  )
  await put('moving', { coefficient: '1.70' })
  await eventually(async () => {
    await page.getByRole('button', { name: 'Place bet' }).click()
    await page
      .getByText('The odds have changed to 1.70. Press again to bet at these odds.')
      .waitFor({ timeout: 500 })
  })
  await page.unroute('**/board.json')
  await rowOf('moving').getByText('▼ 0.10').waitFor()
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Bet placed at 1.70. Stake 4.00, potential payout 6.80.').waitFor()

  await page.getByLabel('Stake').fill('12.345')
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Enter a stake from 0.01').waitFor()
  expect(await page.getByLabel('Stake').getAttribute('aria-invalid')).toBe('true')
  board.forgive()
})

test('places a bet once when its answer is lost and the button is pressed again', async () => {
  const { page } = board
  const count = async () => Number((await system.betSql`select count(*) from bets`)[0]?.count)
  const before = await count()
  await page.getByLabel('Stake').fill('7.77')
  // The service accepts the bet, but its answer is lost.
  await page.route('**/bet', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Press again: it is placed at most once.').waitFor()
  await page.unroute('**/bet')
  await page.getByRole('button', { name: 'Place bet' }).click()
  await page.getByText('Bet placed at 1.70. Stake 7.77, potential payout 13.21.').waitFor()
  expect(await count()).toBe(before + 1)
  board.forgive()
})

test('follows the system theme and fits 360 pixels, even with long names', async () => {
  await put(`a-very-long-name-${'of-an-event-'.repeat(3)}`, {
    coefficient: '99999.99',
    deadline: FAR_DEADLINE,
  })
  // Fills the list with settled bets, most of them scrolled out of view.
  await system.betSql`
    insert into bets (event_id, sum_cents, coefficient_hundredths, event_version, applied_version,
                      state, payout_cents, created_at, settled_at, client, accept_odds)
    select 'final', 100 + n, 240, 1, 2, 'WIN', 240, now(), now(), 'anna', 'any'
    from generate_series(1, 30) n`
  const backgrounds: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const phone = await open({ colorScheme, viewport: { width: 360, height: 800 } })
    await phone.page.locator('.bet').nth(29).waitFor()
    await rowOf('moving', phone).click()
    backgrounds.push(
      await phone.page.evaluate<string>('getComputedStyle(document.body).backgroundColor'),
    )
    const tooWide = `[document.documentElement, ...document.querySelectorAll('.scroll')]
      .filter((part) => part.scrollWidth > part.clientWidth).length`
    expect(await phone.page.evaluate<number>(tooWide)).toBe(0)
    const belowFooter = `document.documentElement.scrollHeight - scrollY
      - document.querySelector('footer').getBoundingClientRect().bottom`
    expect(Math.abs(await phone.page.evaluate<number>(belowFooter))).toBeLessThan(2)
    await picture(phone.page, `board-phone-${colorScheme}`)
    phone.expectClean()
    await phone.context.close()
  }
  expect(backgrounds).toEqual(['rgb(244, 243, 239)', 'rgb(16, 18, 22)'])
})

test('sends no requests while hidden, and refreshes at once when visible again', async () => {
  const { page, context } = await open()
  let requests = 0
  page.on('request', () => requests++)
  const setVisibility = (state: string) =>
    page.evaluate(`
      Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
  await setVisibility('hidden')
  await Bun.sleep(1_200)
  requests = 0
  await Bun.sleep(1_500)
  expect(requests).toBe(0)
  await setVisibility('visible')
  await eventually(() => expect(requests).toBeGreaterThan(0), { withinMs: 500 })
  await context.close()
})
