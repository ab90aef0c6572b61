import { askDirectly } from '@bets/platform/process/run-process'
import { checkServices } from './check-services.ts'
import { closingLines } from './closing-view.ts'
import { Day } from './day.ts'
import { factsOf } from './facts.ts'
import { supersededMs } from './judge-acceptance.ts'
import { HELP, type Options, readOptions, UsageError } from './options.ts'
import { play } from './play.ts'
import { Terminal } from './terminal.ts'

const INTERRUPTED = 130
/** How long a run waits for outstanding answers after Ctrl-C. */
const LAST_ANSWERS_MS = 3_000
/** `bun run` forwards the Ctrl-C that the terminal also sends here: not a second Ctrl-C. */
const ECHO_MS = 300

/** Runs and displays a match day. Returns the exit code. */
async function main(): Promise<number> {
  askDirectly()
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  const options = readOptions(process.argv.slice(2), process.env, seed)
  if (options === undefined) {
    console.log(HELP)
    return 0
  }
  // Sorts by time, and is unique even for runs with the same seed.
  const run = `sim-${Date.now().toString(36)}${crypto.randomUUID().slice(0, 3)}`
  await checkServices(new Day(options, run))
  return await runDay(options, run)
}

async function runDay(options: Options, run: string): Promise<number> {
  const day = new Day(options, run)
  const terminal = new Terminal(() => factsOf(day), process.stdout, Boolean(process.env.NO_COLOR))
  const interrupted = onInterrupt(day)
  console.log(
    `Match day ${run}, seed ${options.seed}, against ${options.lineUrl} and ${options.betsUrl}. ` +
      'Press Ctrl-C to stop.',
  )
  terminal.start()
  try {
    await Promise.race([play(day), interrupted])
  } finally {
    terminal.stop()
  }
  const tickets = day.books.flatMap((book) => [...book.tickets.values()])
  const staleAcceptedMs = tickets.reduce(
    (most, ticket) => Math.max(most, supersededMs(ticket.book, ticket)),
    0,
  )
  const closing = {
    facts: factsOf(day),
    findings: day.findings,
    staleAcceptedMs,
    interrupted: day.interrupted,
  }
  console.log(closingLines(closing, terminal.paint).join('\n'))
  if (day.interrupted) return INTERRUPTED
  return day.findings.count === 0 ? 0 : 1
}

/** Resolves after Ctrl-C and the outstanding answers. A second Ctrl-C exits immediately. */
function onInterrupt(day: Day): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let atMs: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, async () => {
      if (atMs !== undefined && performance.now() - atMs < ECHO_MS) return
      if (atMs !== undefined) {
        process.stdout.write('\x1b[?25h\n')
        process.exit(INTERRUPTED)
      }
      atMs = performance.now()
      day.interrupted = true
      while (day.wire.inFlight > 0 && performance.now() - atMs < LAST_ANSWERS_MS)
        await Bun.sleep(20)
      resolve()
    })
  return promise
}

try {
  process.exit(await main())
} catch (error) {
  console.error(error instanceof UsageError ? `simulate: ${error.message}` : error)
  process.exit(2)
}
