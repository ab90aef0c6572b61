import { type Answer, codeOf } from './client.ts'

/** What a client saw of one request. */
export interface Answered {
  /** When it was sent, by `performance.now()`. */
  askedAtMs: number
  ms: number
  /** 0 when no answer came. */
  status: number
  code: string | undefined
  /** Whether the answer is one that a healthy system gives. */
  proper: boolean
}

/** Does a request and adds what was seen of it to the list; `proper` are its right statuses. */
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

/** How many answers there were of each kind. */
export function countsOf(answers: readonly Answered[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[nameOf(answer)] = (counts[nameOf(answer)] ?? 0) + 1
  return counts
}

/** The longest answer, in whole milliseconds, and how many there were of each kind. */
export function summarise(answers: readonly Answered[]) {
  const longestMs = Math.round(answers.reduce((longest, { ms }) => Math.max(longest, ms), 0))
  return { longestMs, counts: countsOf(answers) }
}

/** The longest time between two successes, from one moment to another. */
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
