import { SAMPLE_SECRETS } from './sample-secrets.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** An error that keeps a process from starting. Its one-line message says what to do. */
export class StartError extends Error {
  override readonly name: string = 'StartError'
}

/**
 * A missing or malformed setting. The message names the setting and its rule, never the value,
 * which may be secret.
 */
export class SettingError extends StartError {
  override readonly name = 'SettingError'
  constructor(setting: string, rule: string) {
    super(`Setting ${setting} ${rule}.`)
  }
}

/** A bearer token and the name of its owner. */
export interface NamedToken {
  name: string
  token: string
}

const NAMED_TOKEN = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([\x21-\x7E]{1,512})$/

/** In production: guessing one takes longer than anybody lives, whatever the rate. */
const MIN_TOKEN_CHARACTERS = 16
const HOST_NAME = /^[a-z0-9_][a-z0-9._-]*$/

/** Reads settings from an environment. Empty values count as missing, because compose sets them. */
export class Env {
  /** Warnings to log at startup, about settings with a deprecated name. */
  readonly warnings: string[] = []

  constructor(private readonly environment: Environment) {}

  get #isProduction(): boolean {
    // A misspelt NODE_ENV must not turn off the production checks.
    return (
      this.oneOf('NODE_ENV', ['production', 'development', 'test'], 'development') === 'production'
    )
  }

  /** Undefined when missing. */
  optional(name: string): string | undefined {
    return this.environment[name] || undefined
  }

  /**
   * The name under which to read a renamed setting: the new one, or the old one if only that is
   * set. Using the old name adds a warning. Old names work for one version.
   */
  renamed(name: string, oldName: string): string {
    if (this.optional(oldName) === undefined) return name
    if (this.optional(name) === undefined) {
      this.warnings.push(`${oldName} is deprecated and will stop working: use ${name}`)
      return oldName
    }
    this.warnings.push(`${oldName} is ignored because ${name} is set: remove it`)
    return name
  }

  /** Any text. */
  string(name: string, fallback: string): string {
    return this.optional(name) ?? fallback
  }

  /**
   * An absolute URL with one of the given schemes, such as `postgres:`. Required without a
   * fallback.
   */
  url(name: string, schemes: readonly string[], fallback?: string): string {
    const value = this.optional(name) ?? fallback
    if (value === undefined) throw new SettingError(name, 'is required')
    const wanted = schemes.map((scheme) => `${scheme}//…`).join(' or ')
    if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol))
      throw new SettingError(name, `must be a URL of the form ${wanted}`)
    return value
  }

  /**
   * The URL of a server with a login. In production it must not use a sample password. A broker URL
   * must have a password, because the default would be `guest`.
   */
  login(name: string, schemes: readonly string[]): string {
    const value = this.url(name, schemes)
    const { protocol, username, password } = new URL(value)
    decoded(name, username)
    const used =
      decoded(name, password) || (isBroker(protocol) ? 'guest' : this.string('PGPASSWORD', ''))
    if (this.#isProduction && SAMPLE_SECRETS.has(used))
      throw new SettingError(name, 'has a sample password, which NODE_ENV=production refuses')
    return value
  }

  /**
   * Bearer tokens, `name:token,name:token`. A name may occur twice, so that its token can be
   * rotated without downtime. Undefined when missing. Production refuses missing tokens, sample
   * tokens and short ones.
   */
  tokens(name: string): NamedToken[] | undefined {
    const value = this.optional(name)
    if (value === undefined) {
      if (this.#isProduction) throw new SettingError(name, 'is required with NODE_ENV=production')
      return undefined
    }
    const tokens = value.split(',').map((entry): NamedToken => {
      const [, owner, token] = NAMED_TOKEN.exec(entry) ?? []
      if (owner === undefined || token === undefined)
        throw new SettingError(name, 'must be of the form name:token,name:token')
      return { name: owner, token }
    })
    if (new Set(tokens.map(({ token }) => token)).size < tokens.length)
      throw new SettingError(name, 'must not have the same token twice')
    if (this.#isProduction && tokens.some(({ token }) => SAMPLE_SECRETS.has(token)))
      throw new SettingError(name, 'has a sample token, which NODE_ENV=production refuses')
    if (this.#isProduction && tokens.some(({ token }) => token.length < MIN_TOKEN_CHARACTERS))
      throw new SettingError(
        name,
        `has a token of fewer than ${MIN_TOKEN_CHARACTERS} characters, ` +
          'which NODE_ENV=production refuses',
      )
    return tokens
  }

  /** Origins of web pages, `https://host,https://host:port`; empty when missing. */
  origins(name: string): string[] {
    const values = this.optional(name)?.split(',') ?? []
    for (const value of values)
      if (!URL.canParse(value) || new URL(value).origin !== value || !/^https?:/.test(value))
        throw new SettingError(name, 'must be origins of the form https://host,https://host:port')
    return values
  }

  /**
   * Host names without ports, `name,name`, in lower case; empty when missing. Empty entries are
   * skipped, because compose adds a name to a list that may be empty.
   */
  hosts(name: string): string[] {
    const values = (this.optional(name) ?? '').toLowerCase().split(',').filter(Boolean)
    if (!values.every((value) => HOST_NAME.test(value)))
      throw new SettingError(name, 'must be host names of the form name,name, without ports')
    return values
  }

  /** The origin of a server without a path, such as `http://host:port`. */
  origin(name: string, schemes: readonly string[], fallback: string): string {
    const value = this.url(name, schemes, fallback)
    const { pathname, search, hash } = new URL(value)
    if (pathname + search + hash !== '/')
      throw new SettingError(name, 'must have no path, query or fragment')
    return value
  }

  /** A whole number from `min` to `max`, in decimal digits. */
  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.optional(name)
    if (value === undefined) return fallback
    const number = Number(value)
    if (!/^[0-9]+$/.test(value) || number < min || number > max)
      throw new SettingError(name, `must be a whole number from ${min} to ${max}`)
    return number
  }

  /** Another port of a process: unless set, so far above its own. 0 lets the system choose. */
  portAbove(port: number, distance: number, name: string): number {
    const fallback = port === 0 ? 0 : Math.min(port + distance, HTTP_PORT_MAX)
    return this.integer(name, fallback, 0, HTTP_PORT_MAX)
  }

  /** One of the given words. */
  oneOf<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.optional(name) ?? fallback
    if (!(choices as readonly string[]).includes(value))
      throw new SettingError(name, `must be one of ${choices.join(', ')}`)
    return value as T
  }
}

function decoded(setting: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new SettingError(setting, 'must have every % in its user and password written as %25')
  }
}

/** URL schemes of a database. */
export const DATABASE_SCHEMES = ['postgres:', 'postgresql:'] as const
/** URL schemes of a broker. */
export const BROKER_SCHEMES = ['amqp:', 'amqps:'] as const
const isBroker = (protocol: string) => (BROKER_SCHEMES as readonly string[]).includes(protocol)
/** URL schemes of a service. */
export const HTTP_SCHEMES = ['http:', 'https:'] as const
/** The largest TCP port. Port 0 lets the system choose one, which tests use. */
export const HTTP_PORT_MAX = 65_535
