/** Runs promtool of Debian's package `prometheus`. Returns its complaints; '' if there are none. */
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

/** promtool's complaints about the format and names of `/metrics`. */
export const checkMetrics = (text: string): Promise<string> => promtool(['check', 'metrics'], text)
/** promtool's complaints about a configuration and its rules. */
export const checkConfig = (file: string): Promise<string> => promtool(['check', 'config', file])
/** promtool's complaints about the alerts, by its test file. */
export const testRules = (file: string): Promise<string> => promtool(['test', 'rules', file])

/** A process with metrics. */
interface Scraped {
  metricsUrl: string
}

/** The names of all metrics of a process, including those without samples. */
export async function readMetricNames({ metricsUrl }: Scraped): Promise<string[]> {
  const text = await (await fetch(metricsUrl)).text()
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string)
}

/** The samples of a process: values by name and labels, as in the text. */
export async function readMetrics({ metricsUrl }: Scraped): Promise<Map<string, number>> {
  const text = await (await fetch(metricsUrl)).text()
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

/** The metrics that the alerts of a file use; a histogram by its name, not those of its series. */
export async function metricNamesIn(file: string): Promise<Set<string>> {
  const expressions = (await readAlerts(file)).map(({ expr }) => expr.replace(/\{[^}]*\}/g, ''))
  const names = expressions.flatMap(
    (expr) => expr.match(/\b(?:up|(?:bets|http|process)_[a-z_]+)\b/g) ?? [],
  )
  return new Set(names.map((name) => name.replace(/(?<=_seconds)_(?:bucket|count|sum)$/, '')))
}
