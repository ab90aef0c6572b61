import { readFileSync } from 'node:fs'

const COMPOSE_FILE = `${import.meta.dir}/../../docker-compose.yml`

/** The images of the servers that people run: those of docker-compose.yml. */
export const IMAGES = {
  postgresql: imageOf('postgres'),
  'rabbitmq-server': imageOf('rabbitmq'),
} as const

function imageOf(service: string): string {
  const { services } = Bun.YAML.parse(readFileSync(COMPOSE_FILE, 'utf8')) as {
    services: Record<string, { image: string }>
  }
  return (services[service] as { image: string }).image
}
