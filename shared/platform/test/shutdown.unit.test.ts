import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createLog } from '../src/process/log.ts'
import { Shutdown } from '../src/process/shutdown.ts'

const log = createLog('test', 'silent')

describe('releasing', () => {
  test('releases in reverse order, one after the other', async () => {
    const shutdown = new Shutdown(log, 1_000)
    const steps: string[] = []
    for (const name of ['database', 'broker', 'http'])
      shutdown.add(name, async () => {
        steps.push(`${name} begins`)
        await Bun.sleep(1)
        steps.push(`${name} ends`)
      })
    await shutdown.release()
    expect(steps).toEqual([
      'http begins',
      'http ends',
      'broker begins',
      'broker ends',
      'database begins',
      'database ends',
    ])
  })

  test('continues after a failure, and logs it by name', async () => {
    const lines: string[] = []
    const shutdown = new Shutdown(
      createLog('test', 'info', (line) => lines.push(line)),
      1_000,
    )
    const released: string[] = []
    shutdown.add('database', async () => void released.push('database'))
    shutdown.add('broker', async () => {
      throw new Error('already gone')
    })
    shutdown.add('http', () => {
      throw new Error('not even a promise')
    })
    await shutdown.release()
    expect(released).toEqual(['database'])
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(['http', 'broker'])
  })

  test('ends at once with nothing to release', async () => {
    await new Shutdown(log, 1_000).release()
  })
})

const source = (file: string) => JSON.stringify(join(import.meta.dir, `../src/process/${file}`))

/** A process that has one resource, with the code of its release, and prints "ready". */
const program = (release: string, timeoutMs: number) => `
  const { Shutdown } = await import(${source('shutdown.ts')})
  const { createLog } = await import(${source('log.ts')})
  const shutdown = new Shutdown(createLog('child', 'silent'), ${timeoutMs})
  shutdown.add('thing', async () => { ${release} })
  shutdown.onSignals()
  setInterval(() => {}, 1000)
  console.log('ready')
`

describe('a signal', () => {
  let child: ReturnType<typeof start> | undefined
  const start = (release: string, timeoutMs = 60_000) =>
    Bun.spawn([process.execPath, '-e', program(release, timeoutMs)], {
      stdout: 'pipe',
      stderr: 'inherit',
    })
  const startReady = async (release: string, timeoutMs?: number) => {
    child = start(release, timeoutMs)
    const reader = child.stdout.getReader()
    const said = async () => new TextDecoder().decode((await reader.read()).value).trim()
    expect(await said()).toBe('ready')
    return { child, said }
  }
  afterEach(() => child?.kill('SIGKILL'))

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s releases everything, then exits 0',
    async (signal) => {
      const { child, said } = await startReady(`await Bun.sleep(50); console.log('released')`)
      child.kill(signal)
      expect(await said()).toBe('released')
      expect(await child.exited).toBe(0)
    },
  )

  test('whose release fails still exits 0, because nothing is left to do', async () => {
    const { child } = await startReady(`throw new Error('already gone')`)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('whose release takes too long exits 1 when the time is up', async () => {
    const { child } = await startReady(`await new Promise(() => {})`, 50)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(1)
  })

  test('F20 a second one exits at once, with 1', async () => {
    const { child, said } = await startReady(
      `console.log('releasing'); await new Promise(() => {})`,
    )
    child.kill('SIGTERM')
    expect(await said()).toBe('releasing')
    child.kill('SIGTERM')
    expect(await child.exited).toBe(1)
  })
})
