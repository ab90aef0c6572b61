import { fixedAnswer } from './fixed-answer.ts'

/**
 * The content security policy of our pages: they load their own files, call their own server, and
 * cannot be framed by another site.
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

/** Browsers must trust the content type instead of guessing one. */
export const AS_SAID = { 'x-content-type-options': 'nosniff' }

/**
 * Answers with an HTML page and its security headers. Inline styles are blocked unless allowed
 * here.
 */
export function htmlPage(text: string, { inlineStyles = false } = {}): () => Response {
  return fixedAnswer(text, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy(inlineStyles ? "'self' 'unsafe-inline'" : "'self'"),
    'referrer-policy': 'no-referrer',
    // For browsers that do not know `frame-ancestors`.
    'x-frame-options': 'DENY',
    ...AS_SAID,
  })
}
