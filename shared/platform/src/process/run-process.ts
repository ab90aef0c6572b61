import { StartError } from './env.ts'

/**
 * Runs the main function of a process. A `StartError`, such as a wrong setting, is printed as one
 * line. That, any other failure to start and any uncaught error exit with 1: restarting is safer
 * than continuing in an unknown state.
 */
export function runProcess(main: () => Promise<unknown>): void {
  const fail = (error: unknown) => {
    console.error(error instanceof StartError ? error.message : error)
    process.exit(1)
  }
  process.on('unhandledRejection', fail)
  main().catch(fail)
}
