import { readFileSync } from 'node:fs'
import { type AnyElysia, Elysia } from 'elysia'
import { fixedAnswer } from './fixed-answer.ts'
import { AS_SAID, htmlPage } from './html-page.ts'
import { type ApiInfo, openApiDocument } from './openapi.ts'
import { type Guard, PAGE } from './route.ts'

const JAVASCRIPT = 'text/javascript; charset=utf-8'
/** Swagger UI's files, served by us: `/docs` works offline and contacts no third party. */
const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': JAVASCRIPT,
  'favicon-32x32.png': 'image/png',
} as const
const ASSETS_FOLDER = import.meta.resolve('swagger-ui-dist/package.json')

/**
 * `/docs`: Swagger UI of the routes that `app` has; `/docs/json` and `/openapi.json`: their OpenAPI
 * document.
 */
export function docs(app: AnyElysia, info: ApiInfo, guard: Guard) {
  let document: Promise<() => Response> | undefined
  const answerDocument = async () => {
    document ??= openApiDocument(app, info).then(
      (content) => fixedAnswer(JSON.stringify(content), { 'content-type': 'application/json' }),
      (error) => {
        document = undefined
        throw error
      },
    )
    return (await document)()
  }
  const plugin = new Elysia()
    .use(guard)
    // Swagger UI sets inline styles.
    .get('/docs', htmlPage(page(info.title), { inlineStyles: true }), PAGE)
    .get('/docs/start.js', fixedAnswer(START, { 'content-type': JAVASCRIPT, ...AS_SAID }), PAGE)
    .get('/docs/json', answerDocument, PAGE)
    // Where clients of FastAPI, and so of this API's ancestor, look for it.
    .get('/openapi.json', answerDocument, PAGE)
  for (const [name, type] of Object.entries(ASSETS)) {
    const answer = fixedAnswer(readFileSync(new URL(name, ASSETS_FOLDER)), {
      'content-type': type,
      'cache-control': 'public, max-age=86400',
      ...AS_SAID,
    })
    plugin.get(`/docs/${name}`, answer, PAGE)
  }
  return plugin
}

// A file of its own, so that the content security policy can forbid inline scripts. Behind a proxy
// that strips a prefix from paths, the page knows the prefix and the document does not.
const START = `const base = new URL('.', location.href)
const servers = [{ url: base.href.slice(0, -1) }]
const withServers = (show) => (spec) => show({ ...spec, servers })
window.ui = SwaggerUIBundle({
  url: 'docs/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: base.pathname === '/' ? [] : [
    { statePlugins: { spec: { wrapActions: { updateJsonSpec: withServers } } } },
  ],
})
`

// Relative links, for the same reason.
const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
`
