import type { Locator, Page } from 'playwright-core'

/** JSON of any shape. */
type Json = ReturnType<typeof JSON.parse>

export interface Shown {
  status: number
  /** The body as the page shows it. */
  body: Json
}

export interface Entries {
  /** Typed in place of the example. */
  body?: object
  /** Keyed by parameter name. */
  parameters?: Record<string, string>
}

interface Operation {
  id: string
  route: string
  /** Its section of the page. */
  block: Locator
}

/**
 * Drives Swagger UI with mouse and keyboard only. Reports each step and its outcome through `log`.
 */
export class SwaggerPage {
  #operations: Operation[] = []
  #title = ''

  constructor(
    readonly page: Page,
    readonly url: string,
    readonly log: (line: string) => void,
  ) {}

  /** The document's operations, in document order. */
  get operations(): readonly Operation[] {
    return this.#operations
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.url}/docs`)
    await this.page.locator('.opblock').first().waitFor()
    const document: Json = await (await fetch(`${this.url}/docs/json`)).json()
    this.#operations = Object.entries<Json>(document.paths).flatMap(([path, operations]) =>
      Object.entries<Json>(operations).map(([method, { operationId, tags }]) => ({
        id: operationId,
        route: `${method.toUpperCase()} ${path}`,
        block: this.page.locator(`[id="operations-${tags[0]}-${operationId}"]`),
      })),
    )
    this.#title = await this.page.title()
    this.log(`${this.#title} /docs: open`)
  }

  async authorize(token: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Authorize' }).click()
    const dialog = this.page.locator('.dialog-ux')
    await dialog.locator('input').fill(token)
    await dialog.locator('button.authorize').click()
    await dialog.locator('button', { hasText: 'Logout' }).waitFor()
    await dialog.locator('button.btn-done').click()
    this.log(`${this.#title} /docs: Authorize with a token`)
  }

  /**
   * Opens the operation, presses "Try it out" and "Execute", reads the answer from the page and
   * closes the operation again.
   */
  async execute(operationId: string, { body, parameters = {} }: Entries = {}): Promise<Shown> {
    const operation = this.#operations.find(({ id }) => id === operationId)
    if (operation === undefined) throw new Error(`${operationId} is not in the document`)
    const { block, route } = operation
    await block.locator('.opblock-summary-control').click()
    await tryItOut(block)
    if (body !== undefined)
      await block.locator('textarea.body-param__text').fill(JSON.stringify(body))
    for (const [name, value] of Object.entries(parameters))
      await block.locator(`[data-param-name="${name}"] input`).fill(value)

    await block.getByRole('button', { name: 'Execute', exact: true }).click()
    const answer = block.locator('.live-responses-table tbody')
    const status = Number.parseInt(
      (await answer.locator('.response-col_status').first().textContent()) ?? '',
      10,
    )
    const text = await answer.locator('.highlight-code code').first().textContent()
    // Closed again because every click redraws all open operations, which is slow.
    await block.locator('.opblock-summary-control').click()
    const typed = { ...parameters, ...body }
    const type = Object.keys(typed).length > 0 ? `type ${JSON.stringify(typed)}, ` : ''
    this.log(`${this.#title} ${route}: Try it out, ${type}Execute → ${status}`)
    return { status, body: text !== null && /^[[{]/.test(text) ? JSON.parse(text) : text }
  }
}

/**
 * The page opens with "Try it out" already pressed. Cancels that, and clears the leftovers of an
 * earlier attempt.
 */
async function tryItOut(block: Locator): Promise<void> {
  await block.locator('.try-out__btn.cancel').click()
  await block.getByRole('button', { name: 'Try it out' }).click()
  const clear = block.getByRole('button', { name: 'Clear', exact: true })
  if (await clear.isVisible()) await clear.click()
  await block.locator('.live-responses-table').waitFor({ state: 'detached' })
}
