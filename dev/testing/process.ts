import { afterAll } from 'bun:test'
import { killServices } from '../services/service-process.ts'

export { type ServiceProcess, spawnService } from '../services/service-process.ts'

// With `bun test --isolate`, as dev/test.ts runs it, this belongs to each test file that imports
// this one.
afterAll(killServices)
