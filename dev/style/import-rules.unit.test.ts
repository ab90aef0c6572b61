import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { ROOT } from '../test-run.ts'

const REFUSED: Record<string, string[]> = {
  'shared/domain/src/x.ts': ['elysia', '@bets/platform/process/env'],
  'shared/platform/src/x.ts': ['@bets/domain/event', '../../../bet-maker/src/app.ts'],
  'shared/platform/src/process/x.ts': ['../metrics/metrics.ts', '@bets/domain/messages'],
  'shared/platform/src/metrics/x.ts': ['../postgres/database.ts', 'elysia'],
  'shared/platform/src/postgres/x.ts': ['../http/route.ts', '@bets/bet-maker/src/app.ts'],
  'shared/platform/src/broker/x.ts': ['../http/route.ts', '@bets/domain/messages', 'postgres'],
  'shared/platform/src/http/x.ts': ['../postgres/database.ts', '../../../domain/src/event.ts'],
  'bet-maker/src/x.ts': ['../../dev/test-run.ts', '@bets/line-provider/src/app.ts'],
  'bet-maker/src/domain/x.ts': ['../application/ports.ts', '@bets/domain/line-event'],
  'bet-maker/src/application/x.ts': [
    'elysia',
    '@bets/platform/process/log',
    '@bets/domain/messages',
  ],
  'bet-maker/src/infrastructure/x.ts': [
    '../presentation/route.ts',
    '@bets/platform/http/route',
    '../use-cases.ts',
    'amqplib',
  ],
  'line-provider/src/presentation/x.ts': [
    '../infrastructure/schema.ts',
    '@bets/platform/postgres/database',
    '../main.ts',
    '@bets/bet-maker/src/app.ts',
  ],
}
const ALLOWED: Record<string, string[]> = {
  'shared/platform/src/http/x.ts': ['../process/env.ts'],
  'shared/platform/src/broker/x.ts': ['@bets/domain/message-broker'],
  'bet-maker/src/application/x.ts': ['../domain/errors.ts'],
  'bet-maker/src/main.ts': ['@bets/platform/postgres/database'],
}

/** The project's rules on files with one import each, in a folder of their own. */
let folder: string
let complaints: string
const fileOf = (path: string, imported: string) =>
  path.replace('.ts', `-${Bun.hash(imported).toString(36)}.ts`)

beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/bets-imports-`)
  const config = await Bun.file(`${ROOT}/biome.json`).json()
  await Bun.write(`${folder}/biome.json`, JSON.stringify({ ...config, vcs: { enabled: false } }))
  for (const [path, imports] of [...Object.entries(REFUSED), ...Object.entries(ALLOWED)])
    for (const imported of imports)
      await Bun.write(`${folder}/${fileOf(path, imported)}`, `import '${imported}'\n`)
  const biome = `${ROOT}/node_modules/.bin/biome`
  const words = ['lint', '--only=style/noRestrictedImports', '--max-diagnostics=none']
  const run = Bun.spawnSync([process.execPath, biome, ...words], { cwd: folder })
  complaints = run.stdout.toString() + run.stderr.toString()
})
afterAll(() => rmSync(folder, { recursive: true }))

for (const [path, imports] of Object.entries(REFUSED))
  test.each(imports)(`${path} may not import %s`, (imported) => {
    expect(complaints).toContain(fileOf(path, imported))
  })
for (const [path, imports] of Object.entries(ALLOWED))
  test.each(imports)(`${path} may import %s`, (imported) => {
    expect(complaints).not.toContain(fileOf(path, imported))
  })
