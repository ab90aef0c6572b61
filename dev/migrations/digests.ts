import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * The digests of the released migrations, in `digests.json` beside them. Databases were made by
 * them, so they must not change. `make check` compares them; `bun dev/migrations/digests.ts add`
 * adds new ones and changes none.
 */
const FOLDERS = ['line-provider/migrations', 'bet-maker/migrations']

type Digests = Record<string, string>

/** The problems of a folder of migrations, one line each, with what to do. */
export function complaints(folder: string): string[] {
  const landed = readDigests(folder)
  const found = digestsOf(folder)
  const journal: { entries: { tag: string }[] } = JSON.parse(
    readFileSync(`${folder}/meta/_journal.json`, 'utf8'),
  )
  const applied = new Set(journal.entries.map(({ tag }) => `${tag}.sql`))
  return [...new Set([...Object.keys(landed), ...Object.keys(found), ...applied])].flatMap(
    (name) => {
      const path = `${folder}/${name}`
      if (found[name] === undefined)
        return `${path} is gone, but databases have already run it: put it back.`
      if (!applied.has(name))
        return `${path} is not in meta/_journal.json, so never applied: use drizzle-kit generate.`
      if (landed[name] === undefined)
        return `${path} is new: bun dev/migrations/digests.ts add, and commit digests.json with it.`
      if (landed[name] !== found[name])
        return `${path} was edited, but databases have already run it: undo that, add a migration.`
      return []
    },
  )
}

/** Adds the digests of new migrations. */
export function addDigests(folder: string): void {
  const digests = { ...digestsOf(folder), ...readDigests(folder) }
  writeFileSync(`${folder}/digests.json`, `${JSON.stringify(digests, undefined, 2)}\n`)
}

function readDigests(folder: string): Digests {
  return JSON.parse(readFileSync(`${folder}/digests.json`, 'utf8'))
}

/** As drizzle names them in its journal of a database. */
function digestsOf(folder: string): Digests {
  const names = readdirSync(folder).filter((name) => /^\d{4}_.*\.sql$/.test(name))
  return Object.fromEntries(
    names.sort().map((name) => {
      const content = readFileSync(`${folder}/${name}`, 'utf8')
      return [name, createHash('sha256').update(content).digest('hex')]
    }),
  )
}

if (import.meta.main) {
  if (process.argv[2] === 'add') for (const folder of FOLDERS) addDigests(folder)
  const found = FOLDERS.flatMap(complaints)
  for (const line of found) console.error(line)
  process.exit(found.length > 0 ? 1 : 0)
}
