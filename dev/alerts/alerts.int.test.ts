import { beforeAll, expect, test } from 'bun:test'
import { ensureDebianPackages } from '../services/debian-packages.ts'
import { checkConfig, readAlerts, testRules } from '../testing/prometheus.ts'

const FOLDER = `${import.meta.dir}/../../deploy/prometheus`
const RULES = `${FOLDER}/alerts.yml`
const SCENARIOS = ['alerts.test.yml', 'alerts-of-bets.test.yml'].map((name) => `${FOLDER}/${name}`)

beforeAll(() => ensureDebianPackages(['prometheus']), 180_000)

test('promtool accepts the configuration and the rules', async () => {
  expect(await checkConfig(`${FOLDER}/prometheus.yml`)).toBe('')
})

test('each alert fires alone in its scenario, and none fires in a healthy system', async () => {
  for (const file of SCENARIOS) expect(await testRules(file)).toBe('')
})

test('every alert has a scenario, a severity, a summary and instructions', async () => {
  const scenarios = await Promise.all(SCENARIOS.map((file) => Bun.file(file).text()))
  for (const { alert, labels, annotations } of await readAlerts(RULES)) {
    expect(scenarios.join(''), alert).toContain(`{alertname="${alert}"}`)
    expect(labels, alert).toEqual({ severity: expect.stringMatching(/^(page|ticket)$/) })
    expect(Object.keys(annotations), alert).toEqual(['summary', 'do'])
    expect(annotations.do?.length, alert).toBeGreaterThan(40)
  }
})
