/** When the next round of repeated work comes: after `waitMs`, or at a wake-up unless `deaf`. */
export interface Pause {
  waitMs: number
  deaf?: boolean
}
