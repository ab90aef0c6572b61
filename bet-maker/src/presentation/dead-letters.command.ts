import { MAX_MESSAGE_BYTES } from '@bets/domain/messages'
import type { DeadLetter, DeadLetters } from '@bets/platform/broker/dead-letters'

/** How much of a body is printed. No message of the line is larger. */
const MAX_SHOWN_BYTES = MAX_MESSAGE_BYTES
/** How much of a reason the list shows: anyone who may publish can set one. */
const MAX_LISTED_CHARACTERS = 200

export const HELP = `Looks at the dead letters: messages of the line that no worker could handle.

  bun run dead-letters                 lists them, the oldest first
  bun run dead-letters show WHICH      prints one whole
  bun run dead-letters replay WHICH    sends one to the workers again
  bun run dead-letters replay --all    sends all of them again
  bun run dead-letters drop WHICH      prints one and deletes it

WHICH is its number in the list, or its message id when no other has the same.
Numbers change when one is taken out: list again. What still cannot be handled
after a replay comes back here. A replay that is cut off may send a message
twice, which does no harm, and loses none. Only one run can look at a time.

Setting: BROKER_URL.  Exit code: 0 done, 1 could not be done, 2 wrong usage.`

/** A parsed command line. */
export type Command =
  | { kind: 'help' }
  | { kind: 'list' }
  | { kind: 'replay all' }
  | { kind: 'show' | 'replay' | 'drop'; which: string }

/** Parses the words after `bun run dead-letters`; undefined when they are no command. */
export function readCommand(words: readonly string[]): Command | undefined {
  const [verb = 'list', which, ...rest] = words
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help' }
  if (rest.length > 0) return undefined
  if (verb === 'list') return which === undefined ? { kind: 'list' } : undefined
  if (verb === 'replay' && which === '--all') return { kind: 'replay all' }
  if (verb !== 'show' && verb !== 'replay' && verb !== 'drop') return undefined
  return which === undefined || which.startsWith('--') ? undefined : { kind: verb, which }
}

/** Runs a command and prints its result; answers whether everything succeeded. */
export async function runCommand(
  command: Exclude<Command, { kind: 'help' }>,
  dead: DeadLetters,
  print: (text: string) => void,
): Promise<boolean> {
  if (command.kind === 'list') {
    print(listOf(dead))
    return true
  }
  if (command.kind === 'replay all') return replay(dead, dead.letters, print)

  const letter = find(dead.letters, command.which)
  if (typeof letter === 'string') {
    print(letter)
    return false
  }
  if (command.kind === 'replay') return replay(dead, [letter], print)
  print(whole(letter))
  if (command.kind === 'drop') {
    await dead.drop(letter)
    print('Dropped.')
  }
  return true
}

/** The dead letter that is meant, or why there is none. */
function find(letters: readonly DeadLetter[], which: string): DeadLetter | string {
  // Digits are always a position: a changed list must not turn one into another letter's id.
  if (/^[0-9]+$/.test(which))
    return (
      letters[Number(which) - 1] ??
      `There is no number ${which}: there are ${letters.length} dead letters.`
    )
  const found = letters.filter(({ id }) => id === which)
  const [letter] = found
  if (letter === undefined) return `No dead letter has the id ${printable(which)}.`
  if (found.length === 1) return letter
  const numbers = found.map((one) => letters.indexOf(one) + 1)
  return (
    `${found.length} dead letters have the id ${printable(which)}. ` +
    `Choose one by its number: ${numbers.join(', ')}.`
  )
}

async function replay(
  dead: DeadLetters,
  letters: readonly DeadLetter[],
  print: (text: string) => void,
): Promise<boolean> {
  const outcomes = await dead.replay(letters)
  for (const [index, outcome] of outcomes.entries())
    if (outcome !== 'confirmed')
      print(`${nameOf(letters[index] as DeadLetter)} stays: ${WHY[outcome]}`)
  const replayed = outcomes.filter((outcome) => outcome === 'confirmed').length
  print(`Replayed ${replayed} of ${letters.length}.${moreOf(dead)}`)
  return replayed === letters.length
}

const WHY = {
  returned: 'no queue takes its routing key. Does the worker run?',
  unknown:
    'RabbitMQ refused it or did not confirm it in time. ' +
    'Is it short of memory or disk, or is the queue full?',
  unencodable: 'its routing key is too long to be sent again. Drop it when its body is of no use.',
  too_large: 'it is larger than the workers take. Drop it when its body is of no use.',
}

function listOf(dead: DeadLetters): string {
  if (dead.letters.length === 0) return 'There are no dead letters.'
  const rows = dead.letters.map(({ id, diedAt, body, reason }, index) => [
    String(index + 1),
    id === undefined ? '-' : printable(id),
    diedAt?.toISOString() ?? '-',
    String(body.length),
    printable(reason.slice(0, MAX_LISTED_CHARACTERS)),
  ])
  const table = [['#', 'id', 'when', 'bytes', 'reason'], ...rows]
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  )
  const lines = table.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '),
  )
  return lines.join('\n') + moreOf(dead)
}

const moreOf = ({ unread }: DeadLetters) =>
  unread > 0 ? `\nThere are ${unread} more than fit at once; they come up when these are gone.` : ''

const nameOf = ({ id, diedAt }: DeadLetter) =>
  `${id === undefined ? 'The one without an id' : printable(id)} ` +
  `(${diedAt?.toISOString() ?? 'of unknown time'})`

function whole({ id, diedAt, reason, routingKey, headers, body }: DeadLetter): string {
  return `id:           ${id === undefined ? '-' : printable(id)}
when:         ${diedAt?.toISOString() ?? '-'}
reason:       ${printable(reason)}
routing key:  ${printable(routingKey)}
headers:      ${printable(JSON.stringify(headers, bigintAsText))}
body, ${body.length} bytes:
${textOf(body.subarray(0, MAX_SHOWN_BYTES))}${restOf(body)}`
}

const restOf = ({ length }: Buffer) =>
  length > MAX_SHOWN_BYTES ? `\n… and ${length - MAX_SHOWN_BYTES} bytes that are not shown` : ''

const bigintAsText = (_name: string, value: unknown) =>
  typeof value === 'bigint' ? String(value) : value

/** Indented JSON, or else text with everything unprintable escaped. */
function textOf(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    try {
      return printable(JSON.stringify(JSON.parse(text), null, 2), /[\p{Zl}\p{Zp}]|[^\P{C}\n]/gu)
    } catch {
      return printable(text)
    }
  } catch {
    // Not UTF-8: shown byte by byte, so that one can see what was sent.
    return body
      .toString('latin1')
      .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  }
}

/** No message may control the reader's terminal, or start a line there. */
function printable(text: string, steering = /[\p{C}\p{Zl}\p{Zp}]/gu): string {
  return text.replace(steering, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
