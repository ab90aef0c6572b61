import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * The digests of the released migrations, in `digests.json` beside them, with the time by which
 * drizzle orders them. Databases were made by them, so neither may change: at a later time, drizzle
 * would run a migration again everywhere. `make check` compares them; `bun
 * dev/migrations/digests.ts add` adds new ones and changes none.
 */
const FOLDERS = ['line-provider/migrations', 'bet-maker/migrations']
/** What else a folder of migrations may hold. Any other would look applied without being so. */
const OTHERS = ['bring-over.sql', 'rights.sql', 'schema.sql']

type Digests = Record<string, { sha256: string; when: number | undefined }>

/** The problems of a folder of migrations, one line each, with what to do. */
export function complaints(folder: string): string[] {
  const landed = readDigests(folder)
  const found = digestsOf(folder)
  const names = new Set([...Object.keys(landed), ...Object.keys(found), ...timesOf(folder).keys()])
  return [...names].flatMap((name) => {
    const path = `${folder}/${name}`
    const [before, now] = [landed[name], found[name]]
    if (now === undefined) return `${path} is gone, but databases have already run it: put it back.`
    if (!/^\d{4}_.*\.sql$/.test(name)) return `${path} is not named as a migration, NNNN_name.sql.`
    if (now.when === undefined)
      return `${path} is not in meta/_journal.json, so never applied: use drizzle-kit generate.`
    if (before === undefined)
      return `${path} is new: bun dev/migrations/digests.ts add, and commit digests.json with it.`
    if (before.sha256 !== now.sha256)
      return `${path} was edited, but databases have already run it: undo that, add a migration.`
    if (before.when !== now.when)
      return `${path} has another time in meta/_journal.json than when it was added: put it back.`
    return []
  })
}

/** Adds the digests of new migrations that are in drizzle's journal. */
export function addDigests(folder: string): void {
  const applied = Object.entries(digestsOf(folder)).filter(([, { when }]) => when !== undefined)
  const digests = { ...Object.fromEntries(applied), ...readDigests(folder) }
  writeFileSync(`${folder}/digests.json`, `${JSON.stringify(digests, undefined, 2)}\n`)
}

function readDigests(folder: string): Digests {
  return JSON.parse(readFileSync(`${folder}/digests.json`, 'utf8'))
}

/** By file. */
function timesOf(folder: string): Map<string, number> {
  const journal: { entries: { tag: string; when: number }[] } = JSON.parse(
    readFileSync(`${folder}/meta/_journal.json`, 'utf8'),
  )
  return new Map(journal.entries.map(({ tag, when }) => [`${tag}.sql`, when]))
}

/** As drizzle writes them into a database. */
function digestsOf(folder: string): Digests {
  const times = timesOf(folder)
  const names = readdirSync(folder).filter((name) => /\.sql$/i.test(name) && !OTHERS.includes(name))
  return Object.fromEntries(
    names.sort().map((name) => {
      const content = readFileSync(`${folder}/${name}`, 'utf8')
      const sha256 = createHash('sha256').update(content).digest('hex')
      return [name, { sha256, when: times.get(name) }]
    }),
  )
}

if (import.meta.main) {
  if (process.argv[2] === 'add') for (const folder of FOLDERS) addDigests(folder)
  const found = FOLDERS.flatMap(complaints)
  for (const line of found) console.error(line)
  process.exit(found.length > 0 ? 1 : 0)
}
