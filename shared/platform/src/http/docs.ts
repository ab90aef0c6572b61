import { type AnyElysia, Elysia } from 'elysia'
import { AS_SAID, htmlPage } from './html-page.ts'
import { type ApiInfo, openApiDocument } from './openapi.ts'
import { type Guard, PAGE } from './route.ts'

/** Swagger UI's files, served by us: `/docs` works offline and contacts no third party. */
const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const
const ASSETS_FOLDER = import.meta.resolve('swagger-ui-dist/package.json')

/** `/docs`: Swagger UI of the routes that `app` has; `/docs/json`: their OpenAPI document. */
export function docs(app: AnyElysia, info: ApiInfo, guard: Guard) {
  let document: Promise<unknown> | undefined
  const plugin = new Elysia()
    .use(guard)
    // Swagger UI sets inline styles.
    .get('/docs', () => htmlPage(page(info.title), { inlineStyles: true }), PAGE)
    .get('/docs/start.js', () => script(START), PAGE)
    .get(
      '/docs/json',
      () => {
        document ??= openApiDocument(app, info).catch((error) => {
          document = undefined
          throw error
        })
        return document
      },
      PAGE,
    )
  for (const [name, type] of Object.entries(ASSETS)) {
    const file = Bun.file(new URL(name, ASSETS_FOLDER))
    plugin.get(
      `/docs/${name}`,
      async () =>
        new Response(await file.bytes(), {
          headers: { 'content-type': type, 'cache-control': 'public, max-age=86400', ...AS_SAID },
        }),
      PAGE,
    )
  }
  return plugin
}

const script = (text: string) =>
  new Response(text, { headers: { 'content-type': 'text/javascript; charset=utf-8', ...AS_SAID } })

// A file of its own, so that the content security policy can forbid inline scripts.
const START = `window.ui = SwaggerUIBundle({
  url: '/docs/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
})
`

const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`
