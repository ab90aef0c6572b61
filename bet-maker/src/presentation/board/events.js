import { byId, element, screenReaderText, syncList, write } from './dom.js'
import { duration, fromCents, toCents } from './words.js'

/** How long a changed coefficient stays marked. */
const MARK_MS = 8_000
/** How long a closed event stays visible, so that it does not vanish without explanation. */
const LEAVE_MS = 1_500

/**
 * The open events, as a radio group: mouse, touch and arrow keys all work. `onPick` gets the id of
 * the chosen event.
 */
export function eventsList(onPick) {
  const list = byId('events')
  list.addEventListener('change', ({ target }) => onPick(target.value))

  const make = ({ event_id }) => {
    const row = element('label', 'event')
    const radio = element('input', 'visually-hidden')
    Object.assign(radio, { type: 'radio', name: 'event', value: event_id })
    const name = element('span', 'event-name')
    name.append(element('span', 'event-id', event_id), element('span', 'event-closes'))
    const move = element('span', 'event-move')
    row.append(radio, name, move, element('span', 'event-coefficient'))
    return row
  }

  /** A row that has the focus is removed only after it has lost it. */
  const leave = (row) => {
    if (row.dataset.leaving === undefined) {
      row.dataset.leaving = String(performance.now() + LEAVE_MS)
      write(row.querySelector('.event-closes'), 'betting closed')
      write(row.querySelector('.event-move'), '')
    }
    const isOver = performance.now() >= Number(row.dataset.leaving)
    if (isOver && !row.contains(document.activeElement)) row.remove()
  }

  return {
    /**
     * Shows `events` as returned by `/board.json`. With null (line-provider is unavailable) the
     * list stays as it was.
     */
    show(events) {
      byId('events').classList.toggle('stale', events === null)
      if (events === null) {
        write(byId('events-note'), 'Event data unavailable')
        if (list.childElementCount === 0)
          write(byId('events-empty'), 'Open events are unavailable right now.')
        return
      }
      syncList(list, events.items, ({ event_id }) => event_id, make, leave)
      for (const event of events.items) showEvent(list, event)
      const { more, items } = events
      const total = more ? `${events.total}+` : String(events.total)
      write(byId('open'), total)
      write(
        byId('events-note'),
        events.total > items.length ? `The first ${items.length} of ${total} to close` : '',
      )
      write(
        byId('events-empty'),
        events.total === 0 ? 'No open events. New ones appear here automatically.' : '',
      )
    },
    /** The event with the coefficient on display; undefined when betting on it is closed. */
    find(eventId) {
      const row = [...list.children].find(({ dataset }) => dataset.key === eventId)
      if (row === undefined || row.dataset.leaving !== undefined) return undefined
      return { event_id: eventId, coefficient: row.dataset.coefficient }
    },
  }
}

function showEvent(list, { event_id, coefficient, deadline }) {
  const row = list.querySelector(`[data-key="${CSS.escape(event_id)}"]`)
  delete row.dataset.leaving
  write(row.querySelector('.event-closes'), duration(deadline - Date.now() / 1_000))
  write(row.querySelector('.event-coefficient'), coefficient)
  const before = row.dataset.coefficient
  row.dataset.coefficient = coefficient
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
    .replaceChildren(shape, screenReaderText(`${isUp ? 'up' : 'down'} by ${size} to`))
}

function unmark(row) {
  delete row.dataset.moved
  write(row.querySelector('.event-move'), '')
}
