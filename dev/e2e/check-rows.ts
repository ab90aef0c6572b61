/**
 * Checks that every row of faults.md has a test whose title begins with the row's id, possibly
 * among others: `test('F01 F07 every process killed …')`. Prints the rows without a test and then
 * exits 1.
 */
const ROOT = `${import.meta.dir}/../..`
const FAULTS = `${import.meta.dir}/faults.md`
const ROW = /^\| ([FB]\d\d) \| (.*?) \|/gm
/** The ids at the beginning of the title of a test or group that runs, not of skipped ones. */
const NAME = /\b(?:test|describe)(?:\.(?:each|if)\([\s\S]*?\))?\(\s*['"`]((?:[FB]\d\d )*)/g
/** Removes comments, which may contain tests that do not run. */
const transpiler = new Bun.Transpiler({ loader: 'ts' })

const named = new Set<string>()
for await (const path of new Bun.Glob(
  '{dev,shared,line-provider,bet-maker}/**/*{.test,.check,-suite}.ts',
).scan(ROOT)) {
  const text = transpiler.transformSync(await Bun.file(`${ROOT}/${path}`).text())
  for (const [, ids = ''] of text.matchAll(NAME))
    for (const id of ids.trim().split(' ')) named.add(id)
}
const rows = [...(await Bun.file(FAULTS).text()).matchAll(ROW)]
const missing = rows.filter(([, id = '']) => !named.has(id))
if (rows.length === 0) throw new Error(`${FAULTS} has no rows.`)
for (const [, id, what] of missing) console.error(`No test has the id ${id}: ${what}`)
process.exit(missing.length > 0 ? 1 : 0)
