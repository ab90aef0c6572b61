const LIMIT_MS = 60_000

/**
 * Starts a command in the project's root, with only PATH and `env` in its environment. It is killed
 * after a minute.
 */
export function startCommand(command: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn(command, {
    cwd: `${import.meta.dir}/../..`,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: LIMIT_MS,
  })
  let output = ''
  const onOutput = new Set<() => void>()
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      output += decoder.decode(bytes, { stream: true })
      for (const check of onOutput) check()
    }
  }
  const reading = Promise.all([read(child.stdout), read(child.stderr)])
  return {
    pid: child.pid,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Everything it has printed so far, to stdout and stderr. */
    printed: () => output,
    /** Resolves when its output contains the text. */
    async untilPrinted(text: string): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const check = () => output.includes(text) && resolve()
      onOutput.add(check)
      check()
      child.exited
        .then(() => reading)
        .then(() => reject(new Error(`"${text}" was not printed:\n${output}`)))
      await promise.finally(() => onOutput.delete(check))
    },
    done: child.exited.then(async (code) => {
      await reading
      return { code, output }
    }),
  }
}
