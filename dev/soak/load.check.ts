import { expect, test } from 'bun:test'
import { terminateConnections } from '../model/real/faults.ts'
import { type Fleet, startFleet } from '../model/real/fleet.ts'
import { eventually } from '../testing/eventually.ts'
import { deleteEventQueue } from '../traffic/broker.ts'
import { expectInvariants } from '../traffic/invariants.ts'
import { startTraffic, type Traffic } from '../traffic/traffic.ts'
import { growth } from './flat.ts'
import { LOAD_MS, MARGIN_MS } from './minutes.ts'
import { type Sample, TOLERANCES, takeSamples } from './samples.ts'

const SAMPLE_EVERY_MS = 2_000
const PRINT_EVERY = 5
/** What leaks does so most when something is built anew, so connections are cut now and then. */
const CUT_EVERY_MS = 15_000
/**
 * What is cut on purpose costs some answers; more than this share says that something does not come
 * back.
 */
const UNAVAILABLE_SHARE = 0.03

const CUTS: ((fleet: Fleet) => Promise<void>)[] = [
  (fleet) => terminateConnections(fleet, 'line'),
  (fleet) => terminateConnections(fleet, 'bet'),
  // The workers declare it anew, on new connections.
  ({ brokerUrl }) => deleteEventQueue(brokerUrl),
]

const countOf = ({ bets, changes, others }: Traffic) => bets.length + changes.length + others.length
const unavailableOf = (load: Traffic) =>
  Object.values(load.refused()).reduce((sum, count) => sum + count, 0)

/** Samples while the load goes on, cuts connections, and prints a line every now and then. */
async function watch(fleet: Fleet, load: Traffic): Promise<Sample[][]> {
  const rounds: Sample[][] = []
  const beganMs = performance.now()
  let before = 0
  let cuts = 0
  while (performance.now() - beganMs < LOAD_MS) {
    await Bun.sleep(SAMPLE_EVERY_MS)
    rounds.push(await takeSamples(fleet))
    const elapsedMs = performance.now() - beganMs
    if (elapsedMs > (cuts + 1) * CUT_EVERY_MS) await CUTS[cuts++ % CUTS.length]?.(fleet)
    if (rounds.length % PRINT_EVERY !== 0) continue
    const rate = (load.accepted.size - before) / ((PRINT_EVERY * SAMPLE_EVERY_MS) / 1_000)
    before = load.accepted.size
    console.log(
      `${(elapsedMs / 1_000).toFixed(0)} s: ${rate.toFixed(0)} bets/s, ${countOf(load)} answers, ` +
        `${unavailableOf(load)} of them refused; ${describe(rounds.at(-1) ?? [])}`,
    )
  }
  await load.stop()
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
    const urls = (members: Fleet['members']) => members.map(({ url }) => url)
    try {
      const load = await startTraffic({
        name: 'soak',
        lineUrls: urls(fleet.line),
        betsUrls: urls(fleet.api),
        restMs: { change: 50 },
        replace: true,
        mixed: true,
      })
      const rounds = await watch(fleet, load).finally(() => {
        // Says more than the answer that it led to.
        for (const member of fleet.members) member.checkLife()
      })
      expect(judge(rounds)).toEqual([])
      const improper = Object.keys(load.refused()).filter((what) => !what.startsWith('503 '))
      expect(improper).toEqual([])
      expect(unavailableOf(load) / countOf(load)).toBeLessThan(UNAVAILABLE_SHARE)
      await eventually(() => expectInvariants(fleet, load.accepted), { withinMs: 10_000 })
    } finally {
      await fleet.stop()
    }
  },
  LOAD_MS + MARGIN_MS,
)
