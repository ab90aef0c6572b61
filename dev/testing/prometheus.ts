/** Runs promtool, of Debian's package `prometheus`; answers what it says, '' when all is well. */
async function promtool(words: readonly string[], input?: string): Promise<string> {
  const child = Bun.spawn(['promtool', ...words], {
    stdin: input === undefined ? 'ignore' : new TextEncoder().encode(input),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  const said = `${output}${complaint}`.trim()
  return (await child.exited) === 0 ? '' : said || 'promtool failed and said nothing'
}

/** What promtool finds wrong with the text of `/metrics`: its form, its names. */
export const checkMetrics = (text: string): Promise<string> => promtool(['check', 'metrics'], text)
/** What promtool finds wrong with a configuration, and with the rules that it names. */
export const checkConfig = (file: string): Promise<string> => promtool(['check', 'config', file])
/** Which alerts did not fire as a file of promtool's tests says. */
export const testRules = (file: string): Promise<string> => promtool(['test', 'rules', file])

/** The names of the metrics that a process tells of, also of those without a sample yet. */
export async function readMetricNames(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string)
}

/** The samples of a process: their values by name and labels, as they stand in the text. */
export async function readMetrics(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => {
        const end = line.lastIndexOf(' ')
        return [line.slice(0, end), Number(line.slice(end + 1))]
      }),
  )
}

export interface AlertRule {
  alert: string
  expr: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

/** The alerts of a file of rules. */
export async function readAlerts(file: string): Promise<AlertRule[]> {
  const { groups } = Bun.YAML.parse(await Bun.file(file).text()) as {
    groups: { rules: AlertRule[] }[]
  }
  return groups.flatMap(({ rules }) => rules)
}

/**
 * The names of the metrics that the alerts of a file ask for; a histogram's own, not those of its
 * lines.
 */
export async function metricNamesIn(file: string): Promise<Set<string>> {
  const expressions = (await readAlerts(file)).map(({ expr }) => expr.replace(/\{[^}]*\}/g, ''))
  const names = expressions.flatMap(
    (expr) => expr.match(/\b(?:up|(?:bets|http|process)_[a-z_]+)\b/g) ?? [],
  )
  return new Set(names.map((name) => name.replace(/(?<=_seconds)_(?:bucket|count|sum)$/, '')))
}
