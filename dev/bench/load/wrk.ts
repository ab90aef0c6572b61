export interface WrkOptions {
  connections: number
  seconds: number
  /** A Lua script of this folder that creates the requests, and its arguments. */
  script?: string
  args?: readonly (string | number)[]
}

export interface WrkResult {
  requests: number
  perSecond: number
  p50Ms: number
  p99Ms: number
}

const MS_PER_UNIT: Record<string, number> = { us: 0.001, ms: 1, s: 1_000 }

/**
 * Loads a URL with wrk, on one thread. Throws if an answer is not a success or a connection fails.
 */
export async function wrk(
  url: string,
  { connections, seconds, script, args = [] }: WrkOptions,
): Promise<WrkResult> {
  const load = script === undefined ? [] : ['-s', `${import.meta.dir}/${script}`]
  const command = [
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '--latency',
    ...load,
    url,
  ]
  const child = Bun.spawn([...command, '--', ...args.map(String)], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  const failed = /Non-2xx|Socket errors/.exec(output)
  if ((await child.exited) !== 0 || failed) throw new Error(`wrk ${url}:\n${output}${complaint}`)
  const [, requests] = find(output, /(\d+) requests in ([\d.]+)(?:s|m)/)
  const [, perSecond] = find(output, /Requests\/sec:\s+([\d.]+)/)
  return {
    requests: Number(requests),
    perSecond: Number(perSecond),
    p50Ms: latency(output, '50%'),
    p99Ms: latency(output, '99%'),
  }
}

function latency(output: string, share: string): number {
  const [, value, unit] = find(output, new RegExp(`${share}\\s+([\\d.]+)(us|ms|s)`))
  return Number(value) * (MS_PER_UNIT[unit ?? ''] ?? Number.NaN)
}

function find(output: string, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(output)
  if (found === null) throw new Error(`Unexpected output of wrk:\n${output}`)
  return found
}
