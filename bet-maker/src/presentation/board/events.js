import { byId, element, heard, keepInStep, write } from './dom.js'
import { fromCents, span, toCents } from './words.js'

/** How long the mark of a price that moved stays. */
const MARK_MS = 8_000
/** How long an event that takes no bets any more is still seen, so that one sees where it went. */
const LEAVE_MS = 1_500

/**
 * The open events: a group of radio buttons, so that one picks by mouse, touch or arrow keys.
 * `onPick` gets the event's id.
 */
export function eventsList(onPick) {
  const list = byId('events')
  list.addEventListener('change', ({ target }) => onPick(target.value))

  const make = ({ event_id }) => {
    const row = element('label', 'event')
    const radio = element('input', 'hidden')
    Object.assign(radio, { type: 'radio', name: 'event', value: event_id })
    const name = element('span', 'event-name')
    name.append(element('span', 'event-id', event_id), element('span', 'event-closes'))
    const move = element('span', 'event-move')
    row.append(radio, name, move, element('span', 'event-price'))
    return row
  }

  /** The one that has the focus waits until it has lost it. */
  const leave = (row) => {
    if (row.dataset.leaving === undefined) {
      row.dataset.leaving = String(performance.now() + LEAVE_MS)
      write(row.querySelector('.event-closes'), 'takes no bets any more')
      write(row.querySelector('.event-move'), '')
    }
    const isOver = performance.now() >= Number(row.dataset.leaving)
    if (isOver && !row.contains(document.activeElement)) row.remove()
  }

  return {
    /**
     * `events` as the service shows them; null when it could not ask, and what was known stays as
     * it was.
     */
    show(events) {
      byId('events').classList.toggle('stale', events === null)
      if (events === null) {
        write(byId('events-note'), 'line-provider does not answer')
        if (list.childElementCount === 0)
          write(byId('events-empty'), 'What is open is not known just now.')
        return
      }
      keepInStep(list, events.items, ({ event_id }) => event_id, make, leave)
      for (const event of events.items) showEvent(list, event)
      const { total, items } = events
      write(byId('open'), String(total))
      write(
        byId('events-note'),
        total > items.length ? `the next ${items.length} of ${total} to close` : '',
      )
      write(
        byId('events-empty'),
        total === 0 ? 'No event is open. New ones appear here by themselves.' : '',
      )
    },
    /** What is shown of an event as one would bet on it; undefined when it is not open. */
    find(eventId) {
      const row = [...list.children].find(({ dataset }) => dataset.key === eventId)
      if (row === undefined || row.dataset.leaving !== undefined) return undefined
      return { event_id: eventId, coefficient: row.dataset.price }
    },
  }
}

function showEvent(list, { event_id, coefficient, deadline }) {
  const row = list.querySelector(`[data-key="${CSS.escape(event_id)}"]`)
  delete row.dataset.leaving
  write(row.querySelector('.event-closes'), span(deadline - Date.now() / 1_000))
  write(row.querySelector('.event-price'), coefficient)
  const before = row.dataset.price
  row.dataset.price = coefficient
  if (before !== undefined && before !== coefficient)
    mark(row, toCents(coefficient) - toCents(before))
  else if (performance.now() > Number(row.dataset.markedUntil ?? 0)) unmark(row)
}

function mark(row, change) {
  const isUp = change > 0n
  row.dataset.moved = isUp ? 'up' : 'down'
  row.dataset.markedUntil = String(performance.now() + MARK_MS)
  const size = fromCents(isUp ? change : -change)
  const shape = element('span', '', `${isUp ? '▲' : '▼'} ${size}`)
  shape.setAttribute('aria-hidden', 'true')
  row
    .querySelector('.event-move')
    .replaceChildren(shape, heard(`${isUp ? 'up' : 'down'} by ${size} to`))
}

function unmark(row) {
  delete row.dataset.moved
  write(row.querySelector('.event-move'), '')
}
