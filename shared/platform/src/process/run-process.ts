import { StartError } from './env.ts'

/**
 * Runs a process's main function. A wrong setting is named in one plain line and exits 1; so does
 * whatever else keeps it from starting, and any failure that nobody caught: a process in an unknown
 * state is started anew instead.
 */
export function runProcess(main: () => Promise<unknown>): void {
  const fail = (error: unknown) => {
    console.error(error instanceof StartError ? error.message : error)
    process.exit(1)
  }
  process.on('unhandledRejection', fail)
  main().catch(fail)
}
