/** What `createApp` returns, as far as tests need it. */
export interface App {
  handle(request: Request): Promise<Response>
  fetch(request: Request): Response | Promise<Response>
}
