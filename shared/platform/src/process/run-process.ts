import { StartError } from './env.ts'

/**
 * Makes `fetch` ignore `HTTP_PROXY` and the like: what we ask is ours, and a proxy for the outside
 * world may not reach it.
 */
export function askDirectly(): void {
  process.env.NO_PROXY = '*'
  process.env.no_proxy = '*'
}

/**
 * Runs the main function of a process. A `StartError`, such as a wrong setting, is printed as one
 * line. That, any other failure to start and any uncaught error exit with 1: restarting is safer
 * than continuing in an unknown state.
 */
export function runProcess(main: () => Promise<unknown>): void {
  askDirectly()
  const fail = (error: unknown) => {
    console.error(error instanceof StartError ? error.message : error)
    process.exit(1)
  }
  process.on('unhandledRejection', fail)
  main().catch(fail)
}
