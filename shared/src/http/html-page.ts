/**
 * What a page of ours may do in a browser: load its own files and ask its own server, nothing else; and no other site may
 * show it in a frame. Inline styles are Swagger UI's.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Browsers take a file for what it is said to be, not for what it looks like. */
export const AS_SAID = { 'x-content-type-options': 'nosniff' }

export function htmlPage(text: string): Response {
  return new Response(text, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      // For browsers that do not know `frame-ancestors`.
      'x-frame-options': 'DENY',
      ...AS_SAID,
    },
  })
}
