/**
 * A header of every page of the change feed: all versions of this line are above it. It rises when
 * a backup of the line is restored, above everything that was said before, and so tells what is
 * void: what was still on its way.
 */
export const VERSION_BASE_HEADER = 'line-version-base'
