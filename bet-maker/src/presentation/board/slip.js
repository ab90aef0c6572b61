import { byId, write } from './dom.js'
import { fromCents, money, payoutOf, readStake, UNKNOWN, whyRefused } from './words.js'

/** How long an answer to a bet is waited for. */
const ANSWER_MS = 10_000

/** A key that nobody else has; `randomUUID` is there on https and localhost only. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `board-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/**
 * Where one places a bet. `find` tells what is shown of an event; `onPlaced` is called when a bet
 * was taken.
 */
export function betSlip({ find, onPlaced }) {
  let picked
  let isSending = false
  /** In this page's memory only: gone with it. */
  let token = ''
  /**
   * The same bet tried again has the same key, however the first try ended: it is taken once at
   * most.
   */
  let tried = { bet: '', key: '' }

  const answer = (kind, text) => {
    byId('answer').dataset.kind = kind
    write(byId('answer'), text)
  }

  /** What the form says just now; undefined where something is missing. */
  const read = () => {
    const event = picked && find(picked)
    return { event, stake: readStake(byId('stake').value) }
  }

  const show = () => {
    const { event, stake } = read()
    const isGone = picked !== undefined && event === undefined
    byId('slip').classList.toggle('picked', picked !== undefined)
    write(byId('pick-event'), picked ?? 'Pick an event')
    write(byId('pick-price'), isGone ? 'takes no bets any more' : (event?.coefficient ?? ''))
    const pays =
      event && stake ? `Pays ${fromCents(payoutOf(stake, event.coefficient))} if it wins` : '\u00a0'
    write(byId('pays'), pays)
    byId('place').disabled = isSending
  }

  const complain = (field, text) => {
    answer('refused', text)
    byId(field).setAttribute('aria-invalid', 'true')
    byId(field).focus()
  }

  const place = async () => {
    const { event, stake } = read()
    byId('stake').removeAttribute('aria-invalid')
    byId('token').removeAttribute('aria-invalid')
    if (picked === undefined) return answer('refused', 'Pick an event first.')
    if (event === undefined)
      return answer('refused', 'This event takes no bets any more. Pick another.')
    if (stake === undefined)
      return complain('stake', 'Enter a stake from 0.01 to 99,999,999.99, such as 12.50.')

    const body = JSON.stringify({
      event_id: event.event_id,
      bet_sum: fromCents(stake).replaceAll(',', ''),
      coefficient: event.coefficient,
      accept_odds: byId('higher').checked ? 'higher' : 'exact',
    })
    if (tried.bet !== body) tried = { bet: body, key: newKey() }
    if (!byId('token-field').hidden) token = byId('token').value.trim()
    isSending = true
    show()
    answer('sending', 'Sending …')
    try {
      await send(body)
    } catch {
      // A lost connection, a time limit, an answer that is none: all the same to the one who bets.
      answer('unknown', UNKNOWN)
    } finally {
      isSending = false
      show()
    }
  }

  const send = async (body) => {
    const response = await fetch('/bet', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': tried.key,
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const said = await response.json()
    if (response.ok) {
      tried = { bet: '', key: '' }
      answer(
        'taken',
        `Taken at ${said.coefficient}. ${money(said.sum)} pays ${money(said.potential_payout)} if it wins.`,
      )
      return onPlaced()
    }
    if (said.code === 'DATABASE_UNAVAILABLE' || said.code === 'INTERNAL')
      return answer('unknown', UNKNOWN)
    if (response.status !== 401) return answer('refused', whyRefused(said))
    const wasGiven = token !== ''
    byId('token-field').hidden = false
    complain('token', wasGiven ? 'Not taken. This token is not valid here.' : whyRefused(said))
  }

  byId('slip').addEventListener('submit', (event) => {
    event.preventDefault()
    if (!isSending) void place()
  })
  byId('stake').addEventListener('input', show)
  return {
    show,
    pick(eventId) {
      picked = eventId
      answer('', '')
      show()
    },
  }
}
