import { expect } from 'bun:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { ensureDebianPackages } from '../services/debian-packages.ts'

/** An installation of Debian's package is waited for too. */
export const BROWSER_START_TIMEOUT_MS = 300_000
const PICTURES = `${import.meta.dir}/../../.test`
const ACTION_TIMEOUT_MS = 10_000
/**
 * Nothing but this machine has an address: whatever the browser itself would like to tell somebody
 * stays here, too.
 */
const CLOSED_NETWORK =
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost'
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  CLOSED_NETWORK,
]

/**
 * A headless Chromium: the one that `TEST_CHROMIUM` names, else Debian's, which is installed when
 * we are root.
 */
export async function startBrowser(): Promise<Browser> {
  const given = process.env.TEST_CHROMIUM
  if (!given) await ensureDebianPackages(['chromium'])
  // Signals are the test run's to handle; when we are gone, the pipe that steers the browser is,
  // and it ends.
  return chromium.launch({
    executablePath: given || (Bun.which('chromium') as string),
    args: ARGUMENTS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
}

export interface WatchedPage {
  page: Page
  context: BrowserContext
  /**
   * Expects that all requests were for this machine and none failed, and that the console has these
   * errors only.
   */
  expectClean(consoleErrors?: readonly RegExp[]): void
  /** Forgets what went wrong so far, for a test that has just provoked it. */
  forgive(): void
}

/** A page of its own in a window without history, of which everything that goes wrong is noted. */
export async function openWatchedPage(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
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
  const complaints: string[] = []
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
      complaints.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return {
    page,
    context,
    expectClean(consoleErrors = []) {
      expect(foreign).toEqual([])
      expect(failed).toEqual([])
      expect(complaints).toEqual(consoleErrors.map((pattern) => expect.stringMatching(pattern)))
    },
    forgive() {
      failed.length = 0
      complaints.length = 0
    },
  }
}

/** What the page shows, for somebody to look at: in a folder that git ignores. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${PICTURES}/${name}.png` })
}
