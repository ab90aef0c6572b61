/**
 * Whether bets are taken on knowledge of the line that is so old, in milliseconds; null is no
 * knowledge. An age below zero is a pass that began after now: a clock that was set back, of which
 * nothing can be believed.
 */
export function isFresh(ageMs: number | null, maxAgeMs: number): boolean {
  return ageMs !== null && ageMs >= 0 && ageMs <= maxAgeMs
}
