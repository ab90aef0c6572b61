/**
 * What a page of ours may do in a browser: load its own files and ask its own server, nothing else;
 * and no other site may show it in a frame.
 */
const policy = (styles: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Browsers take a file for what it is said to be, not for what it looks like. */
export const AS_SAID = { 'x-content-type-options': 'nosniff' }

/**
 * A page with the headers that go with it. Styles written into the page's elements work only where
 * they are allowed.
 */
export function htmlPage(text: string, { inlineStyles = false } = {}): Response {
  return new Response(text, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(inlineStyles ? "'self' 'unsafe-inline'" : "'self'"),
      'referrer-policy': 'no-referrer',
      // For browsers that do not know `frame-ancestors`.
      'x-frame-options': 'DENY',
      ...AS_SAID,
    },
  })
}
