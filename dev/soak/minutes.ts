/** The total duration of a soak, set by `make soak minutes=60`. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 10)

/** The share of each part of a soak. */
export const PLANS_MS = (MINUTES / 3) * 60_000
export const LOAD_MS = MINUTES * 60_000 - PLANS_MS

/** Extra time for starting, finishing and stopping. */
export const MARGIN_MS = 180_000
