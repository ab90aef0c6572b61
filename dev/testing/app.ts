/** Host names that apps under test may be called by, beside addresses and `localhost`. */
export const ALLOWED_HOSTS = ['a', 'lb', 'app', 'a.example.org']

/** The part of `createApp`'s result that tests need. */
export interface App {
  handle(request: Request): Promise<Response>
  fetch(request: Request): Response | Promise<Response>
}
