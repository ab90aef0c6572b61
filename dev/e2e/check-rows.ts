/**
 * Every row of faults.md must have a test that carries its id at the beginning of its name, beside
 * others perhaps: `test('F01 F07 every process killed …')`. Prints the rows that have none and
 * exits 1 then.
 */
const ROOT = `${import.meta.dir}/../..`
const FAULTS = `${import.meta.dir}/faults.md`
const ROW = /^\| ([FB]\d\d) \| (.*?) \|/gm
/**
 * The name of a test or a group that runs, where it begins with ids: not of one that is skipped or
 * still to be written.
 */
const NAME = /\b(?:test|describe)(?:\.(?:each|if)\([\s\S]*?\))?\(\s*['"`]((?:[FB]\d\d )*)/g
/** Writes a file without its comments, in which a test may stand that nobody runs. */
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
for (const [, id, what] of missing) console.error(`No test is named by ${id}: ${what}`)
process.exit(missing.length > 0 ? 1 : 0)
