/** How long a soak takes in all; `make soak minutes=60` sets it. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 10)

/** What each part of a soak gets of its time. */
export const PLANS_MS = (MINUTES / 3) * 60_000
export const LOAD_MS = MINUTES * 60_000 - PLANS_MS

/** For starting, coming to an end and stopping. */
export const MARGIN_MS = 180_000
