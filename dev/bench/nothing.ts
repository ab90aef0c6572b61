import { endingWithUs } from '../services/owned-process.ts'
import { freePorts } from '../services/ports.ts'
import { eventually } from '../testing/eventually.ts'

export interface Nothing {
  /** Bet-maker's app, with use cases that do nothing. */
  url: string
  /** An app with one constant answer, if `bytesOf` was given. */
  bytesUrl: string
  stop(): Promise<void>
}

/**
 * Starts `nothing-app.ts` as a process. `bytesOf` is a URL whose answer it serves as a constant.
 */
export async function startNothing(bytesOf?: string): Promise<Nothing> {
  const [port, bytesPort] = (await freePorts(2)) as [number, number]
  const child = Bun.spawn(
    endingWithUs([process.execPath, `${import.meta.dir}/nothing-app.ts`], 'SIGKILL'),
    {
      env: {
        PATH: process.env.PATH ?? '',
        PORT: String(port),
        BYTES_PORT: String(bytesPort),
        ...(bytesOf !== undefined && { BYTES_OF: bytesOf }),
      },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
    },
  )
  const url = `http://127.0.0.1:${port}`
  const bytesUrl = `http://127.0.0.1:${bytesPort}/events`
  const last = bytesOf === undefined ? `${url}/health/live` : bytesUrl
  await eventually(async () => void (await (await fetch(last)).bytes()), { withinMs: 20_000 })
  return {
    url,
    bytesUrl,
    async stop() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
