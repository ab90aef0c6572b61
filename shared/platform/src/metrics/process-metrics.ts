import { readdirSync, readFileSync } from 'node:fs'
import type { Metrics } from './metrics.ts'

const MEMORY_LIMIT_FILE = '/sys/fs/cgroup/memory.max'
const OPEN_FILES_FOLDER = '/proc/self/fd'
const DELAY_EVERY_MS = 100
const DELAY_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/**
 * Adds the metrics that every process has: CPU, memory, open files, event loop and version. They
 * use the standard names of Prometheus client libraries, but not prom-client's defaults: under Bun
 * most of those are 0 (they come from V8), the heap size is that of the address space, and they run
 * two background samplers. Returns a function that stops the measuring.
 */
export function addProcessMetrics(metrics: Metrics, service: string, version: string): () => void {
  const startedAt = Date.now() / 1_000 - process.uptime()
  metrics.info('bets_build_info', 'Version of the service and of Bun; always 1.', {
    service,
    version,
    bun: Bun.version,
  })
  metrics.gauge(
    'process_start_time_seconds',
    'Start time of the process, in Unix seconds.',
    () => startedAt,
  )
  metrics.counterOf('process_cpu_seconds_total', 'CPU time used.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000_000
  })
  metrics.gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss())
  metrics.gauge('process_open_fds', 'Open files and sockets; absent without /proc.', () =>
    readSystemValue(() => readdirSync(OPEN_FILES_FOLDER).length),
  )
  const limit = readSystemValue(() => Number(readFileSync(MEMORY_LIMIT_FILE, 'utf8')))
  metrics.gauge(
    'bets_memory_limit_bytes',
    'Memory limit of the container; absent without a limit.',
    () => limit,
  )
  return watchEventLoop(metrics)
}

/**
 * Measures how late a timer fires, which delays every request too. A histogram, so that one scrape
 * does not reset it for others.
 */
function watchEventLoop(metrics: Metrics): () => void {
  const delays = metrics.histogram(
    'bets_event_loop_delay_seconds',
    'Delay of a timer that runs ten times a second.',
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
 * A finite number from a Linux file; undefined if the file is missing, as on other systems, or says
 * `max`.
 */
function readSystemValue(read: () => number): number | undefined {
  try {
    const value = read()
    return Number.isFinite(value) ? value : undefined
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}
