/**
 * The pause before the next round of repeated work. A wake-up ends it, unless `uninterruptible`.
 */
export interface Pause {
  waitMs: number
  uninterruptible?: boolean
}
