import { afterAll, beforeAll, expect } from 'bun:test'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { ensureDebianPackages } from '../services/debian-packages.ts'

/** Long enough to install the Debian package first. */
const BROWSER_START_TIMEOUT_MS = 300_000
const SCREENSHOT_FOLDER = `${import.meta.dir}/../../.test`
const ACTION_TIMEOUT_MS = 10_000
/** Resolves no host but this machine, so the browser's own background requests go nowhere. */
const CLOSED_NETWORK =
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost'
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  CLOSED_NETWORK,
]

/**
 * Starts a headless Chromium: the one in `TEST_CHROMIUM`, or else Debian's, which is installed if
 * missing (needs root).
 */
async function startBrowser(): Promise<Browser> {
  const given = process.env.TEST_CHROMIUM
  if (!given) await ensureDebianPackages(['chromium'])
  // The test run handles signals. The browser ends with us, because its control pipe closes.
  return chromium.launch({
    executablePath: given || (Bun.which('chromium') as string),
    args: ARGUMENTS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
}

/** A browser for the tests of a file, which opens each page in its own window. */
export function browserDuringTests() {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  }, BROWSER_START_TIMEOUT_MS)
  afterAll(() => browser.close())
  return (options?: BrowserContextOptions) => openWatchedPage(browser, options)
}

export interface WatchedPage {
  page: Page
  context: BrowserContext
  /**
   * Expects only successful requests, all to this machine, and exactly these console errors or
   * warnings.
   */
  expectClean(consoleErrors?: readonly RegExp[]): void
  /** Clears the recorded failures, for a test that provoked them on purpose. */
  forgive(): void
}

/** Opens a page in a fresh browser context and records everything that goes wrong on it. */
async function openWatchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1024, height: 768 },
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(ACTION_TIMEOUT_MS)
  const page = await context.newPage()
  const foreign: string[] = []
  const failed: string[] = []
  const consoleMessages: string[] = []
  const isOurs = (url: URL) => url.hostname === '127.0.0.1' || url.protocol === 'data:'
  await context.route(
    (url) => !isOurs(url),
    (route) => route.abort(),
  )
  context.on('request', (request) => {
    if (!isOurs(new URL(request.url()))) foreign.push(request.url())
  })
  context.on('requestfailed', (request) =>
    failed.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText}`),
  )
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      consoleMessages.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => consoleMessages.push(String(error)))
  return {
    page,
    context,
    expectClean(consoleErrors = []) {
      expect(foreign).toEqual([])
      expect(failed).toEqual([])
      expect(consoleMessages).toEqual(
        consoleErrors.map((pattern) => expect.stringMatching(pattern)),
      )
    },
    forgive() {
      failed.length = 0
      consoleMessages.length = 0
    },
  }
}

/** Saves a screenshot to look at, in a folder that git ignores. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${SCREENSHOT_FOLDER}/${name}.png` })
}
