import { type Env, interrupted, runCommand, withServices } from '../test-run.ts'
import { type Mutant, selectMutants, staleRows } from './mutant.ts'
import { printTable, type Row } from './table.ts'
import { Tree } from './tree.ts'
import { judge, type NamedTest, nameOf } from './verdict.ts'

/**
 * How many plans the model runs without a fault, instead of 500: here it only has to pass, even on
 * a machine so busy that 500 would time out. With a fault it runs all 500.
 */
const SOUND_RUNS = '100'

/**
 * Applies each fault to a copy of the project and runs the tests that must notice it. Two run at a
 * time, but only one that needs RabbitMQ, because its queues have fixed names. Fails if a fault is
 * not noticed, or if a test fails without a fault.
 */
async function main(): Promise<number> {
  const stale = staleRows()
  if (stale.length > 0) throw new Error(stale.join('\n'))
  const mutants = selectMutants(process.argv[2])
  const startMs = performance.now()
  return withServices(async (env) => {
    const trees = ['a', 'b'].map((name) => new Tree(`${process.env.TMPDIR}/mutants-${name}`))
    const [withBroker, without] = [env, { ...env, TEST_BROKER_URL: undefined }]
    const envOf = ({ usesBroker }: Mutant) => (usesBroker ? withBroker : without)
    const [apart, others] = [
      mutants.filter((each) => each.usesBroker),
      mutants.filter((each) => !each.usesBroker),
    ]

    console.log('Running the tests without a fault …')
    const [first, second] = trees as [Tree, Tree]
    const sound = await Promise.all([
      passes(apart, first, withBroker),
      passes(others, second, without),
    ])
    if (interrupted() || sound.includes(false)) return 1

    const rows: Row[] = []
    const lane = async (tree: Tree, next: () => Mutant | undefined) => {
      for (let mutant = next(); mutant !== undefined && !interrupted(); mutant = next()) {
        const found = await expose(mutant, tree, envOf(mutant))
        if (interrupted()) return
        rows.push(...found)
        const done = new Set(rows.map(({ mutant }) => mutant)).size
        const verdict = found.every(({ noticed }) => noticed) ? 'noticed ' : 'NOT NOTICED '
        console.log(`${verdict} ${mutant.name} (${done} of ${mutants.length})`)
      }
    }
    await Promise.all([
      lane(first, () => apart.shift() ?? others.shift()),
      lane(second, () => others.shift()),
    ])
    return interrupted() ? 1 : conclude(rows, mutants.length, performance.now() - startMs)
  })
}

/** Whether the tests pass without a fault; prints those that do not. */
async function passes(mutants: readonly Mutant[], tree: Tree, env: Env): Promise<boolean> {
  const tests = new Map(
    mutants.flatMap((mutant) => testsOf(mutant).map((each) => [nameOf(each), each] as const)),
  )
  if (tests.size === 0) return true
  const verdicts = await judge([...tests.values()], tree.folder, { ...env, FC_RUNS: SOUND_RUNS })
  const unsound = verdicts.filter(({ outcome }) => outcome !== 'passed')
  if (!interrupted())
    for (const verdict of unsound)
      console.log(`Without any fault, ${nameOf(verdict)}\n  is ${verdict.outcome}: ${verdict.why}`)
  return unsound.length === 0
}

/** One row for each test that must notice the fault. */
async function expose(mutant: Mutant, tree: Tree, env: Env): Promise<Row[]> {
  const rowOf = (named: NamedTest, noticed: boolean, seconds: number, why: string): Row => ({
    mutant: mutant.name,
    ...named,
    noticed,
    seconds,
    why,
  })
  const tests = testsOf(mutant)
  const fruitless = (why: string) => tests.map((named) => rowOf(named, false, 0, why))
  return tree.with(mutant, async () => {
    const changesTypeScript = mutant.edits.some(({ file }) => file.endsWith('.ts'))
    const complaint = changesTypeScript ? await tree.typeError() : undefined
    if (complaint !== undefined) return fruitless(`does not compile: ${complaint}`)
    const rows: Row[] = []
    for (const named of tests)
      for (const { outcome, why, seconds } of await judge([named], tree.folder, env)) {
        const noticed = outcome === 'failed'
        rows.push(rowOf(named, noticed, seconds, noticed ? why : `${outcome} ${why}`))
      }
    return rows
  })
}

const testsOf = ({ noticedBy }: Mutant): NamedTest[] =>
  noticedBy.map(([file, test]) => ({ file, test }))

function conclude(rows: readonly Row[], count: number, ms: number): number {
  printTable(rows)
  const survivors = new Set(rows.filter(({ noticed }) => !noticed).map(({ mutant }) => mutant))
  console.log(`${count - survivors.size} of ${count} faults noticed, in ${Math.round(ms / 1000)} s`)
  return survivors.size === 0 ? 0 : 1
}

await runCommand(main)
