import { staleRows } from './mutant.ts'

/** For `make check`: every mutant must still fit the code and the tests. */
const stale = staleRows()
for (const line of stale) console.error(line)
process.exit(stale.length > 0 ? 1 : 0)
