import { readdirSync, readFileSync } from 'node:fs'
import type { Metrics } from './metrics.ts'

const MEMORY_LIMIT_FILE = '/sys/fs/cgroup/memory.max'
const OPEN_FILES_FOLDER = '/proc/self/fd'
const DELAY_EVERY_MS = 100
const DELAY_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/**
 * The metrics of any process of ours: processor, memory, open files, event loop, and what runs.
 * Under the names that prom-client's defaults and every client library use, but read by us: under
 * Bun most of those defaults are zeros (they are V8's), the size of the heap is that of the address
 * space, and two samplers run in the background for them. Returns what ends the watching.
 */
export function addProcessMetrics(metrics: Metrics, service: string, version: string): () => void {
  const startedAt = Date.now() / 1_000 - process.uptime()
  metrics.info('bets_build_info', 'What runs; always 1.', { service, version, bun: Bun.version })
  metrics.gauge(
    'process_start_time_seconds',
    'When the process started, Unix time.',
    () => startedAt,
  )
  metrics.counterOf('process_cpu_seconds_total', 'Processor time used.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  })
  metrics.gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss())
  metrics.gauge('process_open_fds', 'Open files and sockets; absent where there is no /proc.', () =>
    ofSystem(() => readdirSync(OPEN_FILES_FOLDER).length),
  )
  const limit = ofSystem(() => Number(readFileSync(MEMORY_LIMIT_FILE, 'utf8')))
  metrics.gauge(
    'bets_memory_limit_bytes',
    'The most memory that the container may use; absent without a limit.',
    () => limit,
  )
  return watchEventLoop(metrics)
}

/**
 * How late a timer comes: what every request waits as well. In a histogram, so that no scrape
 * resets it for others.
 */
function watchEventLoop(metrics: Metrics): () => void {
  const delays = metrics.histogram(
    'bets_event_loop_delay_seconds',
    'How late a timer came that is set ten times a second.',
    DELAY_BOUNDS,
  )
  let dueMs = performance.now() + DELAY_EVERY_MS
  const timer = setInterval(() => {
    const nowMs = performance.now()
    delays.observe(Math.max(0, nowMs - dueMs) / 1_000)
    dueMs = nowMs + DELAY_EVERY_MS
  }, DELAY_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * A finite number that Linux tells in a file; undefined where it does not, as on other systems or
 * with the word `max`.
 */
function ofSystem(read: () => number): number | undefined {
  try {
    const value = read()
    return Number.isFinite(value) ? value : undefined
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}
