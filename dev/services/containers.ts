import { freePort } from './ports.ts'

/** The images that tests use instead of Debian packages. */
export const IMAGES = {
  postgresql: 'postgres:17.12',
  'rabbitmq-server': 'rabbitmq:4.3-management',
} as const

interface Container {
  /** The port of 127.0.0.1 that is mapped to the container's port. */
  port: number
  remove(): Promise<void>
}

export interface ContainerOptions {
  image: string
  /** The container's port. */
  port: number
  env?: Record<string, string>
  command?: readonly string[]
}

/** Whether Docker runs and has the image. Pulls nothing. */
export async function hasImage(image: string): Promise<boolean> {
  if (Bun.which('docker') === null) return false
  return (await docker(['image', 'inspect', image])).code === 0
}

/** Starts a container that is deleted with its data when it ends or we exit. */
export async function startContainer({
  image,
  port,
  env = {},
  command = [],
}: ContainerOptions): Promise<Container> {
  const hostPort = await freePort()
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const publish = ['-p', `127.0.0.1:${hostPort}:${port}`]
  const started = await docker(['run', '--rm', '-d', ...publish, ...variables, image, ...command])
  if (started.code !== 0) throw new Error(`docker run ${image} failed: ${started.output}`)

  const removal = ['rm', '--force', '--volumes', started.output]
  const onExit = () =>
    void Bun.spawnSync(['docker', ...removal], { stdout: 'ignore', stderr: 'ignore' })
  process.on('exit', onExit)
  return {
    port: hostPort,
    async remove() {
      await docker(removal)
      process.off('exit', onExit)
    },
  }
}

async function docker(words: readonly string[]): Promise<{ code: number; output: string }> {
  const child = Bun.spawn(['docker', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [output, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  const code = await child.exited
  return { code, output: (code === 0 ? output : complaint).trim() }
}
