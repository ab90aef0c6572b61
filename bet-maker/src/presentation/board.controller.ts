import { readFileSync } from 'node:fs'
import { cachedJson } from '@bets/platform/http/cached-json'
import { fixedAnswer } from '@bets/platform/http/fixed-answer'
import { AS_SAID, htmlPage } from '@bets/platform/http/html-page'
import { type Guard, PAGE } from '@bets/platform/http/route'
import { NoQuery } from '@bets/platform/http/validation'
import { Elysia } from 'elysia'
import type { readBoard } from '../application/read-board.ts'
import { BoardView, toBoardView } from './board-view.ts'
import { route } from './route.ts'

export interface BoardUseCases {
  readBoard: ReturnType<typeof readBoard>
}

/** The page's own files, served as they are in `board/`: no build step, no third party. */
const FILES = [
  'board.css',
  'figures.css',
  'lists.css',
  'slip.css',
  'layout.css',
  'board.js',
  'bets.js',
  'chart.js',
  'dom.js',
  'events.js',
  'feed.js',
  'slip.js',
  'words.js',
  'icon.svg',
]
const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const read = (name: string) => readFileSync(new URL(`./board/${name}`, import.meta.url))

/** The domain's rule of payouts with its types stripped: browsers run the very same file. */
function payoutScript(): string {
  const source = readFileSync(new URL(import.meta.resolve('@bets/domain/payout')), 'utf8')
  return new Bun.Transpiler({ loader: 'ts' }).transformSync(source)
}

/** `GET /`: the board, a public page that refreshes itself from `/board.json`. */
export function boardController(guard: Guard, { readBoard }: BoardUseCases) {
  const answer = cachedJson(toBoardView)
  const app = new Elysia({ tags: ['Board'] })
    .use(guard)
    .model({ Board: BoardView })
    .get('/', htmlPage(read('board.html').toString()), PAGE)
    .get(
      '/board.json',
      async () => answer(await readBoard(), { 'cache-control': 'no-store' }),
      route({
        access: 'open',
        operationId: 'showBoard',
        summary: 'Show what the board shows',
        description:
          'Open to everyone: nothing in it identifies a bettor. Read at most once a second, ' +
          'however many people watch.',
        query: NoQuery,
        answers: { 200: 'Board' },
        problems: [],
      }),
    )
  const serve = (name: string, content: string | Uint8Array<ArrayBuffer>) => {
    const answer = fixedAnswer(content, {
      'content-type': TYPES[name.split('.').pop() ?? ''] as string,
      // Revalidated at each visit: a page and its scripts must be of the same version.
      'cache-control': 'no-cache',
      ...AS_SAID,
    })
    app.get(`/board/${name}`, answer, PAGE)
  }
  for (const name of FILES) serve(name, read(name))
  serve('payout.js', payoutScript())
  return app
}
