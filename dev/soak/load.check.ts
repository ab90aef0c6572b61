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
/** Leaks often happen on reconnection, so connections are cut from time to time. */
const CUT_EVERY_MS = 15_000
/** Cutting connections costs some answers. A larger share means that something does not recover. */
const UNAVAILABLE_SHARE = 0.03

const CUTS: ((fleet: Fleet) => Promise<void>)[] = [
  (fleet) => terminateConnections(fleet, 'line'),
  (fleet) => terminateConnections(fleet, 'bet'),
  // The workers recreate it on new connections.
  ({ brokerUrl }) => deleteEventQueue(brokerUrl),
]

const countOf = ({ bets, changes, others }: Traffic) => bets.length + changes.length + others.length
const unavailableOf = (load: Traffic) =>
  Object.values(load.improper()).reduce((sum, count) => sum + count, 0)

/** Takes samples under load, cuts connections and prints the progress. */
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

/** Everything that has grown, as defined by `growth`. Prints each measure. */
function judge(rounds: readonly Sample[][]): string[] {
  const series = Map.groupBy(rounds.flat(), ({ of, measure }) => `${of}: ${measure}`)
  return [...series].flatMap(([name, samples]) => {
    const [{ measure }] = samples as [Sample]
    const { from, to, grown } = growth(
      samples.map(({ value }) => value),
      TOLERANCES[measure],
    )
    const change = `${name} from ${from.toFixed(1)} to ${to.toFixed(1)}`
    console.log(`${grown ? 'GROWN ' : 'flat  '} ${change}`)
    return grown ? [change] : []
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
        // The log has more details than the answer.
        for (const member of fleet.members) member.checkLife()
      })
      expect(judge(rounds)).toEqual([])
      const improper = Object.keys(load.improper()).filter((what) => !what.startsWith('503 '))
      expect(improper).toEqual([])
      expect(unavailableOf(load) / countOf(load)).toBeLessThan(UNAVAILABLE_SHARE)
      await eventually(() => expectInvariants(fleet, load.accepted), { withinMs: 10_000 })
    } finally {
      await fleet.stop()
    }
  },
  LOAD_MS + MARGIN_MS,
)
