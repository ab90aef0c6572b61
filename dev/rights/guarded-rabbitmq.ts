import { readFileSync } from 'node:fs'
import { type ConfirmChannel, connect } from 'amqplib'
import { startPrivateRabbitMq } from '../services/private-rabbitmq.ts'
import { run } from './roles-script.ts'

export type BrokerUser = 'line_provider' | 'bet_worker' | 'dead_letters'

/**
 * Contains characters that are special in shells and URLs, but only ASCII, because amqplib cannot
 * handle more.
 */
const PASSWORDS = {
  LINE_BROKER_PASSWORD: 'li"ne:/?#@ $HOME',
  WORKER_BROKER_PASSWORD: 'w%20rker',
  DEAD_LETTERS_BROKER_PASSWORD: "'dead' \\ `id`",
}
export const PASSWORD_OF: Record<BrokerUser, string> = {
  line_provider: PASSWORDS.LINE_BROKER_PASSWORD,
  bet_worker: PASSWORDS.WORKER_BROKER_PASSWORD,
  dead_letters: PASSWORDS.DEAD_LETTERS_BROKER_PASSWORD,
}

/** A RabbitMQ with the users and limits of deploy/rabbitmq/rights.ts. */
export async function startGuardedRabbitMq() {
  const configuration = readFileSync(`${import.meta.dir}/../../deploy/rabbitmq/limits.conf`, 'utf8')
  const rabbitmq = await startPrivateRabbitMq({ management: true, configuration })
  const apiUrl = rabbitmq.apiUrl as string
  /** Runs deploy/rabbitmq/rights.ts on it. */
  const setRights = (settings: Record<string, string> = {}) =>
    run([process.execPath, 'deploy/rabbitmq/rights.ts'], {
      RABBITMQ_API_URL: apiUrl,
      RABBITMQ_USER: 'guest',
      RABBITMQ_PASSWORD: 'guest',
      ...PASSWORDS,
      ...settings,
    })
  const { code, output } = await setRights()
  if (code !== 0) throw new Error(output)
  console.log(output)
  const urlOf = (user: BrokerUser, password = PASSWORD_OF[user]) =>
    `amqp://${user}:${encodeURIComponent(password)}@${new URL(rabbitmq.url).host}`
  return {
    /** The administrator's. */
    url: rabbitmq.url,
    apiUrl,
    setRights,
    urlOf,
    remove: () => rabbitmq.remove(),

    /** Calls the management API as the administrator and returns its answer. */
    async api(method: 'GET' | 'PUT', path: string, body?: object): Promise<unknown> {
      const headers = {
        authorization: `Basic ${btoa('guest:guest')}`,
        'content-type': 'application/json',
      }
      const request = { method, headers, body: body ? JSON.stringify(body) : null }
      const answer = await fetch(`${apiUrl}/api/${path}`, request)
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text === '' ? undefined : JSON.parse(text)
    },

    /**
     * The code with which RabbitMQ closes a channel when a user does something; undefined if it is
     * allowed.
     */
    async refusal(
      user: BrokerUser,
      act: (channel: ConfirmChannel) => Promise<unknown>,
    ): Promise<unknown> {
      const connection = await connect(urlOf(user))
      connection.on('error', () => {})
      try {
        const channel = await connection.createConfirmChannel()
        const closed = new Promise((resolve) =>
          channel.on('error', (error: { code?: unknown }) => resolve(error.code)),
        )
        const done = act(channel).then(
          () => undefined,
          () => closed,
        )
        return await Promise.race([closed, done])
      } finally {
        await connection.close().catch(() => {})
      }
    },
  }
}
