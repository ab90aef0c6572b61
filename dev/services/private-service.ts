/**
 * A server that was started for tests only, with everything it keeps in a folder of its own. A test
 * may stop and start it again: same address, same data.
 */
export interface PrivateService {
  url: string
  /** The server's own process while it runs, for `SIGSTOP` and `SIGKILL`. */
  readonly pid: number | undefined
  /** Resolves when it answers. */
  start(): Promise<void>
  /** Resolves when it has shut down in good order. */
  stop(): Promise<void>
  /** Stops it for good, and deletes its folder. */
  remove(): Promise<void>
}

/** Starts a service for the first time; one that does not come up leaves nothing behind. */
export async function startOrRemove<Service extends PrivateService>(
  service: Service,
): Promise<Service> {
  try {
    await service.start()
    return service
  } catch (error) {
    await service.remove()
    throw error
  }
}

/** What tests need cannot be had here; the message says what to do. */
export class ServicesUnavailableError extends Error {
  override readonly name = 'ServicesUnavailableError'
}
