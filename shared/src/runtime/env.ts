type Environment = Readonly<Record<string, string | undefined>>

/** Why a process cannot start, in one plain line that says what to do. */
export class StartError extends Error {
  override readonly name: string = 'StartError'
}

/** A setting that is missing or malformed. Names the setting and its rule, never the value: it may be a secret. */
export class SettingError extends StartError {
  override readonly name = 'SettingError'
  constructor(setting: string, rule: string) {
    super(`Setting ${setting} ${rule}.`)
  }
}

/** Reads settings from an environment. An empty value counts as not given, as compose writes it. */
export class Env {
  constructor(private readonly environment: Environment) {}

  optional(name: string): string | undefined {
    return this.environment[name] || undefined
  }

  string(name: string, fallback: string): string {
    return this.optional(name) ?? fallback
  }

  /** An absolute URL with one of the given schemes, like `postgres:`. Required when there is no fallback. */
  url(name: string, schemes: readonly string[], fallback?: string): string {
    const value = this.optional(name) ?? fallback
    if (value === undefined) throw new SettingError(name, 'is required')
    const wanted = schemes.map((scheme) => `${scheme}//…`).join(' or ')
    if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol))
      throw new SettingError(name, `must be a URL of the form ${wanted}`)
    return value
  }

  /** A URL that names a server and nothing behind it, like `http://host:port`. */
  origin(name: string, schemes: readonly string[], fallback: string): string {
    const value = this.url(name, schemes, fallback)
    const { pathname, search, hash } = new URL(value)
    if (pathname + search + hash !== '/') throw new SettingError(name, 'must have no path, query or fragment')
    return value
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.optional(name)
    if (value === undefined) return fallback
    const number = Number(value)
    if (!/^[0-9]+$/.test(value) || number < min || number > max)
      throw new SettingError(name, `must be a whole number from ${min} to ${max}`)
    return number
  }

  oneOf<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.optional(name) ?? fallback
    if (!(choices as readonly string[]).includes(value))
      throw new SettingError(name, `must be one of ${choices.join(', ')}`)
    return value as T
  }
}

export const DATABASE_SCHEMES = ['postgres:', 'postgresql:'] as const
export const BROKER_SCHEMES = ['amqp:', 'amqps:'] as const
export const HTTP_SCHEMES = ['http:', 'https:'] as const
/** The largest TCP port; port 0 lets the system choose one, as tests do. */
export const HTTP_PORT_MAX = 65_535
