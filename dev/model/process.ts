import { DatabaseUnavailableError } from '@bets/domain/errors'
import type { TestDatabase } from '../testing/test-database.ts'

type Sql = TestDatabase['sql']

/** A crash or a lost connection at the n-th call of a port, before or after its work is done. */
export interface Cut {
  /** How many calls succeed before. */
  after: number
  done: boolean
  how: 'crash' | 'lost'
}

export type Ended<T> =
  | { kind: 'answered'; value: T }
  | { kind: 'failed'; error: unknown }
  /** The process died first: the outcome is unknown. */
  | { kind: 'died' }

/** Puts a process between its parts and their ports. */
export interface Wrapping {
  /** A port whose calls can be held and cut. */
  wrap<Port extends object>(port: Port): Port
  /**
   * The same for an SQL client whose statements are plain templates, for a port whose calls make
   * several statements.
   */
  wrapSql(sql: Sql): Sql
}

interface Life {
  over: boolean
  end: PromiseWithResolvers<Ended<never>>
}

const never = <T>() => new Promise<T>(() => {})

/**
 * A process of the system, simulated within this one. It reaches everything outside its memory
 * through wrapped ports, where it can be made to wait for a step, lose its connection, or die. A
 * dead process gets no answers, so its code stops, as after SIGKILL; the database may still run its
 * statements. Then its parts are built anew.
 */
export class Process<Parts> implements Wrapping {
  /** Running calls. */
  active = 0
  /** Lost connections so far. */
  losses = 0
  #life: Life
  #parts: Parts
  #cut: Cut | undefined
  #stepped = false
  #queue: (() => void)[] = []

  constructor(private readonly build: (process: Wrapping) => Parts) {
    this.#life = newLife()
    this.#parts = build(this)
  }

  /** Whether each call must wait for a `step`. */
  get stepped(): boolean {
    return this.#stepped
  }

  /** Whether calls are waiting for a `step`. */
  get waits(): boolean {
    return this.#queue.length > 0
  }

  wrap<Port extends object>(port: Port): Port {
    const life = this.#life
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...given: unknown[]) =>
          this.#call(life, async () => Reflect.apply(method, target, given))
      },
    })
  }

  wrapSql(sql: Sql): Sql {
    const life = this.#life
    const tag = (text: TemplateStringsArray, ...values: string[]) =>
      this.#call(life, async () => sql(text, ...values))
    return tag as unknown as Sql
  }

  async start<T>(work: (parts: Parts) => Promise<T>): Promise<Ended<T>> {
    const { end } = this.#life
    const ended = work(this.#parts).then(
      (value): Ended<T> => ({ kind: 'answered', value }),
      (error: unknown): Ended<T> => ({ kind: 'failed', error }),
    )
    return Promise.race([ended, end.promise])
  }

  cutAt(cut: Cut | undefined): void {
    this.#cut = cut && { ...cut }
  }

  /** Sets whether each call must wait for a `step`. */
  setStepped(stepped: boolean): void {
    this.#stepped = stepped
    if (!stepped) for (const go of this.#queue.splice(0)) go()
  }

  step(): void {
    this.#queue.shift()?.()
  }

  kill(): void {
    this.#life.over = true
    this.#life.end.resolve({ kind: 'died' })
    this.#life = newLife()
    this.#queue = []
    this.#cut = undefined
    this.#parts = this.build(this)
  }

  async #call<T>(life: Life, work: () => Promise<T>): Promise<T> {
    if (this.#stepped && !life.over) await new Promise<void>((resolve) => this.#queue.push(resolve))
    if (life.over) return never()
    const cut = this.#nextCut()
    if (cut?.done === false) return this.#meet(cut)
    const result = await this.#work(life, work)
    return cut === undefined ? result : this.#meet(cut)
  }

  async #work<T>(life: Life, work: () => Promise<T>): Promise<T> {
    this.active++
    try {
      const result = await work()
      return life.over ? never() : result
    } catch (error) {
      if (life.over) return never()
      throw error
    } finally {
      this.active--
    }
  }

  #nextCut(): Cut | undefined {
    const cut = this.#cut
    if (cut === undefined || cut.after-- > 0) return undefined
    this.#cut = undefined
    return cut
  }

  #meet<T>({ how }: Cut): Promise<T> {
    if (how === 'crash') {
      this.kill()
      return never()
    }
    this.losses++
    throw new DatabaseUnavailableError({ cause: 'cut by the model' })
  }
}

function newLife(): Life {
  return { over: false, end: Promise.withResolvers() }
}
