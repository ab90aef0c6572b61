import { type Answer, codeOf } from './client.ts'

/** A request as its client observed it. */
export interface Answered {
  /** When it was sent, by `performance.now()`. */
  askedAtMs: number
  ms: number
  /** 0 when no answer came. */
  status: number
  code: string | undefined
  /** Whether a healthy system may give this answer. */
  proper: boolean
}

/** Sends a request and adds the result to the list; `proper` are its expected statuses. */
export async function noted(
  list: Answered[],
  proper: readonly number[],
  sending: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const askedAtMs = performance.now()
  const answer = await sending()
  const status = answer?.status ?? 0
  const ms = performance.now() - askedAtMs
  list.push({ askedAtMs, ms, status, code: codeOf(answer), proper: proper.includes(status) })
  return answer
}

/** `201`, `409 EVENT_NOT_OPEN` or `no answer`. */
export function nameOf({ status, code }: Pick<Answered, 'status' | 'code'>): string {
  return status === 0 ? 'no answer' : code === undefined ? String(status) : `${status} ${code}`
}

/** The number of answers of each kind. */
export function countsOf(answers: readonly Answered[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[nameOf(answer)] = (counts[nameOf(answer)] ?? 0) + 1
  return counts
}

/** The slowest answer, in whole milliseconds, and the number of answers of each kind. */
export function summarise(answers: readonly Answered[]) {
  const longestMs = Math.round(answers.reduce((longest, { ms }) => Math.max(longest, ms), 0))
  return { longestMs, counts: countsOf(answers) }
}

/** The longest time without a success between two moments. */
export function longestGapMs(answers: readonly Answered[], fromMs: number, toMs: number): number {
  const times = answers
    .filter(({ status }) => status === 200 || status === 201)
    .map(({ askedAtMs, ms }) => askedAtMs + ms)
    .filter((atMs) => atMs > fromMs)
    .sort((one, other) => one - other)
  let longest = 0
  let lastMs = fromMs
  for (const atMs of [...times, toMs]) {
    longest = Math.max(longest, atMs - lastMs)
    lastMs = atMs
  }
  return longest
}
