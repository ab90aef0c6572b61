const POLL_MS = 50
const STOP_TIMEOUT_S = 15
const LOG_TAIL_LINES = 30

export interface OwnedContainerOptions {
  image: string
  env: Record<string, string>
  /** Further switches of `docker run`. */
  switches: readonly string[]
  command: readonly string[]
}

/**
 * Runs the container, waits for the end of its input, and deletes the container with its data. The
 * input ends when we close it or end, even by SIGKILL. The work is done in the background, because
 * Bun kills a process that a test has left behind, but not the children of that process.
 */
const RUN_WHILE_OPEN = `
  # Else nobody would delete the container when we have ended before it has started.
  trap '' PIPE
  exec 3<&0
  {
    docker run --detach --name "$0" "$@" >/dev/null && echo started && cat <&3 >/dev/null
    docker rm --force --volumes "$0" >/dev/null
  } &
  wait $!`

/**
 * A container that ends with our process, like an `OwnedProcess`. It uses the network of this
 * machine, so its server listens on ports of 127.0.0.1 as a process does. On Docker Desktop, this
 * must be enabled ("Enable host networking").
 */
export class OwnedContainer {
  readonly name: string
  readonly #image: string
  readonly #owner: Bun.Subprocess<'pipe', 'pipe', 'pipe'>

  private constructor(name: string, { image, env, switches, command }: OwnedContainerOptions) {
    this.name = name
    this.#image = image
    const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
    const options = ['--network', 'host', ...switches, ...variables]
    this.#owner = Bun.spawn(['sh', '-c', RUN_WHILE_OPEN, name, ...options, image, ...command], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      // Ctrl-C must not reach it before it has deleted the container.
      detached: true,
    })
  }

  /** Resolves when the container has started; its server may not answer yet. */
  static async run(name: string, options: OwnedContainerOptions): Promise<OwnedContainer> {
    const container = new OwnedContainer(name, options)
    const { value } = await container.#owner.stdout.getReader().read()
    if (value !== undefined) return container
    const complaint = await new Response(container.#owner.stderr).text()
    throw new Error(`docker run ${options.image} failed: ${complaint}`)
  }

  /** Resolves when `ready` is true; rejects with the end of the log on exit or time-out. */
  async waitUntil(ready: () => Promise<boolean>, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs
    while (!(await ready())) {
      const running = await docker('inspect', '--format', '{{.State.Running}}', this.name)
      if (running !== 'true') throw await this.#failure('exited')
      if (Date.now() > deadline) throw await this.#failure(`did not answer within ${withinMs} ms`)
      await Bun.sleep(POLL_MS)
    }
  }

  /** Starts the server again, with its data, unless it runs. */
  async start(): Promise<void> {
    await docker('start', this.name)
  }

  /** Resolves after an orderly shutdown. */
  async stop(): Promise<void> {
    await docker('stop', '--time', String(STOP_TIMEOUT_S), this.name)
  }

  /** Sends a signal to the server, or to one of the container's processes. */
  async kill(signal: NodeJS.Signals, pid?: number): Promise<void> {
    if (pid === undefined) await docker('kill', '--signal', signal, this.name)
    else await this.run('root', 'sh', '-c', `kill -s ${signal.replace('SIG', '')} ${pid}`)
  }

  /** The process id of the running server on this machine, if Docker's engine runs here. */
  async pid(): Promise<number> {
    return Number(await docker('inspect', '--format', '{{.State.Pid}}', this.name))
  }

  /** Runs a command in the container and returns its output; rejects with it when it fails. */
  run(user: string, ...command: string[]): Promise<string> {
    return docker('exec', '--user', user, this.name, ...command)
  }

  /** Resolves when the container and its data are deleted. */
  async remove(): Promise<void> {
    this.#owner.stdin.end()
    if ((await this.#owner.exited) === 0) return
    const complaint = await new Response(this.#owner.stderr).text()
    throw new Error(`${this.name} could not be deleted: ${complaint}`)
  }

  async #failure(what: string): Promise<Error> {
    const log = await docker('logs', '--tail', String(LOG_TAIL_LINES), this.name)
    return new Error(`${this.#image} ${what}:\n${log}`)
  }
}

/** Whether Docker runs and has the image. Pulls nothing. */
export async function hasImage(image: string): Promise<boolean> {
  if (Bun.which('docker') === null) return false
  const child = Bun.spawn(['docker', 'image', 'inspect', image], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  return (await child.exited) === 0
}

/** Runs a command of Docker and returns what it printed; rejects with it when it fails. */
async function docker(...words: string[]): Promise<string> {
  const child = Bun.spawn(['docker', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const output = await Promise.all(
    [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
  )
  const said = output.join('').trim()
  if ((await child.exited) !== 0) throw new Error(`docker ${words.join(' ')}: ${said}`)
  return said
}
