/**
 * No answer can reach the client any more: it hung up before its request was complete, or the HTTP
 * server has already answered 400 to what followed the body.
 */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** How such a request is counted, as nginx counts it. Nobody receives it. */
export const CLIENT_GONE_STATUS = 499

/**
 * Reads a request's body and makes sure that its client still waits for the answer. Throws
 * `ClientGoneError` otherwise, so that nothing is written for a request that was answered already.
 *
 * Bun hands over a request before it has parsed what follows the body. A stray line break, a
 * trailer or another request there makes it answer 400, or hang up, while we work
 * (oven-sh/bun#32887). The request's signal says so as soon as the current tick is over.
 */
export async function readFromWaitingClient<Body>(
  request: Request,
  read: (request: Request) => Promise<Body>,
): Promise<Body> {
  try {
    const body = await read(request)
    await nextTick()
    if (request.signal.aborted) throw new ClientGoneError()
    return body
  } catch (error) {
    throw request.signal.aborted ? new ClientGoneError() : error
  }
}

let ticking: Promise<void> | undefined

/** Resolves when everything that came with the current poll of the sockets is parsed. */
function nextTick(): Promise<void> {
  ticking ??= new Promise((resolve) =>
    setImmediate(() => {
      ticking = undefined
      resolve()
    }),
  )
  return ticking
}
