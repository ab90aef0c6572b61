/** The part of `createApp`'s result that tests need. */
export interface App {
  handle(request: Request): Promise<Response>
  fetch(request: Request): Response | Promise<Response>
}
