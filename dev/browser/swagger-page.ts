import type { Locator, Page } from 'playwright-core'

/** Plain JSON of any shape: documents and answers are data here. */
type Json = ReturnType<typeof JSON.parse>

export interface Shown {
  status: number
  /** The body as the page shows it. */
  body: Json
}

export interface Entries {
  /** What is typed in place of the example. */
  body?: object
  /** By the parameter's name. */
  parameters?: Record<string, string>
}

interface Operation {
  id: string
  route: string
  /** Where it stands on the page. */
  block: Locator
}

/**
 * Swagger UI as somebody uses it who has nothing but a mouse and a keyboard. Says what was done and
 * seen through `log`.
 */
export class SwaggerPage {
  #operations: Operation[] = []
  #title = ''

  constructor(
    readonly page: Page,
    readonly url: string,
    readonly log: (line: string) => void,
  ) {}

  /** The operations of the document, in its order. */
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
   * Opens the operation, presses "Try it out" and "Execute", reads the answer off the page and
   * closes the operation.
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
    // Everything that is open is drawn again at each click anywhere.
    await block.locator('.opblock-summary-control').click()
    const typed = { ...parameters, ...body }
    const type = Object.keys(typed).length > 0 ? `type ${JSON.stringify(typed)}, ` : ''
    this.log(`${this.#title} ${route}: Try it out, ${type}Execute → ${status}`)
    return { status, body: text !== null && /^[[{]/.test(text) ? JSON.parse(text) : text }
  }
}

/**
 * As the page opens, "Try it out" is pressed already: that, and what an earlier try has left, is
 * taken back first.
 */
async function tryItOut(block: Locator): Promise<void> {
  await block.locator('.try-out__btn.cancel').click()
  await block.getByRole('button', { name: 'Try it out' }).click()
  const clear = block.getByRole('button', { name: 'Clear', exact: true })
  if (await clear.isVisible()) await clear.click()
  await block.locator('.live-responses-table').waitFor({ state: 'detached' })
}
