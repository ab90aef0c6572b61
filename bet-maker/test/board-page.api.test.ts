import { expect, test } from 'bun:test'
import { Bet } from '@bets/domain/bet'
import { BetSum } from '@bets/domain/bet-sum'
import { Coefficient } from '@bets/domain/coefficient'
import fc from 'fast-check'
import { send } from '../../dev/testing/http.ts'
import { useBetApp } from './bet-app.ts'

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const bets = await useBetApp()

const text = async (path: string) => (await send(bets.app, 'GET', path)).text()

/** All files the page needs, including those imported by its scripts. */
async function filesOfPage(): Promise<string[]> {
  const page = await text('/')
  const files = new Set(
    [...page.matchAll(/(?:src|href)="(board\/[^"]*)"/g)].map(([, path]) => `/${path}`),
  )
  for (const path of files)
    if (path.endsWith('.js'))
      for (const [, name] of (await text(path)).matchAll(/from '\.\/([^']*)'/g))
        files.add(`/board/${name}`)
  return [...files]
}

test('the page refers only to its own server and has no inline scripts or styles', async () => {
  const response = await send(bets.app, 'GET', '/')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const page = await response.text()
  expect(page).not.toMatch(
    /https?:|["'(]\/\/|<script>|<script [^>]*>[^<]|<style|style="|\son[a-z]+="/,
  )
  for (const path of await filesOfPage())
    expect(await text(path)).not.toMatch(/@import|url\(|innerHTML|https?:\/\/(?!www\.w3\.org)/)
})

test('every file that the page needs is served with the right content type', async () => {
  const files = await filesOfPage()
  expect(files.length).toBeGreaterThan(10)
  for (const path of files) {
    const response = await send(bets.app, 'GET', path)
    expect(response.status, path).toBe(200)
    expect(response.headers.get('content-type')).toBe(TYPES[path.split('.').pop() ?? ''] as string)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test("the page needs every file in the folder, and the domain's payouts", async () => {
  const folder = `${import.meta.dir}/../src/presentation/board`
  const there = [...new Bun.Glob('*').scanSync(folder)].map((name) => `/board/${name}`)
  const needed = [...(await filesOfPage()), '/board/board.html']
  expect(needed.sort()).toEqual([...there, '/board/payout.js'].sort())
})

test('a browser computes the payout that the service pays, to the cent', async () => {
  const script = `data:text/javascript,${encodeURIComponent(await text('/board/payout.js'))}`
  const { winningPayoutCents } = await import(script)
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9_999_999_999 }),
      fc.integer({ min: 100, max: 9_999_999 }),
      (cents, hundredths) => {
        const bet = new Bet(BetSum.fromCents(cents), Coefficient.fromHundredths(hundredths))
        expect(winningPayoutCents(BigInt(cents), BigInt(hundredths))).toBe(bet.potentialPayoutCents)
      },
    ),
  )
})

test('the content security policy forbids foreign sources and inline code', async () => {
  const policy = (await send(bets.app, 'GET', '/')).headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("style-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
})
