/** Where a request came from, for the log. */
export interface RequestOrigin {
  requestId: string
  /** The name of the token it came with; `''` while tokens are off. */
  caller: string
}
