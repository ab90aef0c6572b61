import { byId, write } from './dom.js'
import { winningPayoutCents } from './payout.js'
import { fromCents, money, readStake, refusalText, toCents, UNKNOWN } from './words.js'

const TIMEOUT_MS = 10_000

/** A unique idempotency key. `crypto.randomUUID` exists only on https and localhost. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `board-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/**
 * The form for placing a bet. `find` returns an open event as displayed; `onPlaced` is called when
 * a bet was accepted.
 */
export function betSlip({ find, onPlaced }) {
  let picked
  let isSending = false
  /** Kept in memory only, never stored. */
  let token = ''
  /**
   * Retrying the same bet reuses its key, however the first attempt ended, so it is placed at most
   * once.
   */
  let attempt = { bet: '', key: '' }

  const answer = (kind, text) => {
    byId('answer').dataset.kind = kind
    write(byId('answer'), text)
  }

  /** The form's current values; undefined where one is missing or invalid. */
  const read = () => {
    const event = picked && find(picked)
    return { event, stake: readStake(byId('stake').value) }
  }

  const show = () => {
    const { event, stake } = read()
    const isClosed = picked !== undefined && event === undefined
    byId('slip').classList.toggle('picked', picked !== undefined)
    write(byId('pick-event'), picked ?? 'Pick an event')
    write(byId('pick-coefficient'), isClosed ? 'betting closed' : (event?.coefficient ?? ''))
    const pays =
      event && stake
        ? `Potential payout ${fromCents(winningPayoutCents(stake, toCents(event.coefficient)))}`
        : '\u00a0'
    write(byId('pays'), pays)
    byId('place').disabled = isSending
  }

  const rejectField = (field, text) => {
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
      return answer('refused', 'Betting on this event is closed. Pick another one.')
    if (stake === undefined)
      return rejectField('stake', 'Enter a stake from 0.01 to 99,999,999.99, such as 12.50.')

    const body = JSON.stringify({
      event_id: event.event_id,
      bet_sum: fromCents(stake).replaceAll(',', ''),
      coefficient: event.coefficient,
      accept_odds: byId('higher').checked ? 'higher' : 'exact',
    })
    if (attempt.bet !== body) attempt = { bet: body, key: newKey() }
    if (!byId('token-field').hidden) token = byId('token').value.trim()
    isSending = true
    show()
    answer('sending', 'Sending …')
    try {
      await send(body)
    } catch {
      // A lost connection, a timeout or an unreadable answer: the bettor cannot know the outcome.
      answer('unknown', UNKNOWN)
    } finally {
      isSending = false
      show()
    }
  }

  const send = async (body) => {
    const response = await fetch('bet', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': attempt.key,
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const result = await response.json()
    if (response.ok) {
      attempt = { bet: '', key: '' }
      answer(
        'accepted',
        `Bet placed at ${result.coefficient}. Stake ${money(result.sum)}, ` +
          `potential payout ${money(result.potential_payout)}.`,
      )
      return onPlaced()
    }
    if (result.code === 'DATABASE_UNAVAILABLE' || result.code === 'INTERNAL')
      return answer('unknown', UNKNOWN)
    if (response.status !== 401) return answer('refused', refusalText(result))
    byId('token-field').hidden = false
    const isInvalid = token !== ''
    rejectField('token', isInvalid ? 'This access token is not valid.' : refusalText(result))
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
