/**
 * A server started only for tests, with all its data in a private folder. A test may stop it and
 * start it again with the same address and data.
 */
export interface PrivateService {
  url: string
  /** The process id of the running server, for `SIGSTOP` and `SIGKILL`. */
  readonly pid: number | undefined
  /** Resolves when it answers. */
  start(): Promise<void>
  /** Resolves after an orderly shutdown. */
  stop(): Promise<void>
  /** Stops it and deletes its folder. */
  remove(): Promise<void>
}

/** Starts a service for the first time; removes it if it does not start. */
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

/** Something that tests need is unavailable; the message says what to do. */
export class ServicesUnavailableError extends Error {
  override readonly name = 'ServicesUnavailableError'
}
