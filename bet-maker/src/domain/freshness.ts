/**
 * Whether a copy of the line of this age, in milliseconds, is fresh enough to take bets; null means
 * that no feed sync is complete yet. A negative age means that the clock was set back since the
 * sync: then nothing can be trusted.
 *
 * bet_db judges bets by the same rule (migrations/functions/feed_is_fresh.sql).
 */
export function isFresh(ageMs: number | null, maxAgeMs: number): boolean {
  return ageMs !== null && ageMs >= 0 && ageMs <= maxAgeMs
}
