/** The origin of a request, for the log. */
export interface RequestOrigin {
  requestId: string
  /** The name of the caller's token; `''` when tokens are off. */
  caller: string
}
