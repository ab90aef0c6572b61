import { isInstalled } from './debian-packages.ts'
import { IMAGES } from './images.ts'
import { hasImage } from './owned-container.ts'
import { ServicesUnavailableError } from './private-service.ts'

/** The Debian packages whose servers can run in a container instead. */
export type ServerPackage = keyof typeof IMAGES

/**
 * Whether a private server runs in a container of the image in docker-compose.yml, or from Debian's
 * package. `TEST_SERVERS` (`make test servers=…`) says `containers` or `packages`. Without it, the
 * package is used unless it is missing and Docker has the image. Throws `ServicesUnavailableError`
 * when there is no image for a container.
 */
export async function runsInContainer(server: ServerPackage): Promise<boolean> {
  const wanted = process.env.TEST_SERVERS || undefined
  if (wanted === 'packages') return false
  if (wanted === undefined) return !isInstalled(server) && (await hasImage(IMAGES[server]))
  if (wanted !== 'containers')
    throw new ServicesUnavailableError(
      `Servers are packages or containers, not '${wanted}'. Use servers=packages or none.`,
    )
  if (await hasImage(IMAGES[server])) return true
  throw new ServicesUnavailableError(
    `Docker does not run, or has no image ${IMAGES[server]}. Get it with
docker compose pull postgres rabbitmq, or dev/containers/stand-ins/up as root.`,
  )
}
