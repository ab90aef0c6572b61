/**
 * A server started only for tests, a process or a container with data of its own. A test may stop
 * it and start it again with the same address and data.
 */
export interface PrivateService {
  url: string
  /** Resolves when it answers. */
  start(): Promise<void>
  /** Resolves after an orderly shutdown. */
  stop(): Promise<void>
  /** Sends a signal to the server, or to one of its processes by the id that the server reports. */
  kill(signal: NodeJS.Signals, pid?: number): Promise<void>
  /** Stops it and deletes its data. */
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
