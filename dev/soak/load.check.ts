import { expect, test } from 'bun:test'
import { type Fleet, startFleet } from '../model/real/fleet.ts'
import { eventually } from '../testing/eventually.ts'
import { growth } from './flat.ts'
import { Load } from './load.ts'
import { LOAD_MS, MARGIN_MS } from './minutes.ts'
import { type Sample, TOLERANCES, takeSamples } from './samples.ts'

const SAMPLE_EVERY_MS = 2_000
const PRINT_EVERY = 5
/**
 * What is cut on purpose costs some answers; more than this share says that something does not come
 * back.
 */
const UNAVAILABLE_SHARE = 0.03

/** Samples until the load ends, and prints a line every now and then. */
async function watch(fleet: Fleet, load: Load): Promise<Sample[][]> {
  const rounds: Sample[][] = []
  const beganMs = performance.now()
  let before = 0
  while (load.on && performance.now() - beganMs < LOAD_MS) {
    await Bun.sleep(SAMPLE_EVERY_MS)
    rounds.push(await takeSamples(fleet))
    if (rounds.length % PRINT_EVERY !== 0) continue
    const { bets, answers, unavailable } = load.counts
    const seconds = (performance.now() - beganMs) / 1_000
    const rate = (bets - before) / ((PRINT_EVERY * SAMPLE_EVERY_MS) / 1_000)
    before = bets
    console.log(
      `${seconds.toFixed(0)} s: ${rate.toFixed(0)} bets/s, ${answers} answers, ${unavailable} of them 503; ${describe(rounds.at(-1) ?? [])}`,
    )
  }
  load.end()
  await load.ended()
  return rounds
}

function describe(samples: readonly Sample[]): string {
  const whose = Map.groupBy(samples, ({ of }) => of)
  return [...whose]
    .map(
      ([of, all]) =>
        `${of} ${all.map(({ value, measure }) => `${value.toFixed(0)} ${measure}`).join(' ')}`,
    )
    .join(', ')
}

/** Everything that has grown; see `growth` for what that means. Prints how each measure went. */
function judge(rounds: readonly Sample[][]): string[] {
  const series = Map.groupBy(rounds.flat(), ({ of, measure }) => `${of}: ${measure}`)
  return [...series].flatMap(([name, samples]) => {
    const [{ measure }] = samples as [Sample]
    const { from, to, grown } = growth(
      samples.map(({ value }) => value),
      TOLERANCES[measure],
    )
    const told = `${name} from ${from.toFixed(1)} to ${to.toFixed(1)}`
    console.log(`${grown ? 'GROWN ' : 'flat  '} ${told}`)
    return grown ? [told] : []
  })
}

test(
  'F25 under load, memory, handles, sockets and connections stay flat',
  async () => {
    const fleet = await startFleet()
    try {
      const load = new Load(fleet)
      await load.start()
      const rounds = await watch(fleet, load).finally(() => {
        // Says more than the answer that it led to.
        for (const member of fleet.members) member.checkLife()
      })
      expect(judge(rounds)).toEqual([])
      expect(load.counts.unavailable / load.counts.answers).toBeLessThan(UNAVAILABLE_SHARE)
      await eventually(async () => {
        const owed =
          await fleet.betSql`select from line_events where settled_version < state_version`
        expect(owed).toHaveLength(0)
      })
    } finally {
      await fleet.stop()
    }
  },
  LOAD_MS + MARGIN_MS,
)
