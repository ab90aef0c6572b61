/**
 * A header of every page of the change feed: all versions of this line are above it. Restoring a
 * backup raises it above every version sent before, so whatever is still in transit from then is
 * known to be void.
 */
export const VERSION_BASE_HEADER = 'line-version-base'
