import { byId, element, screenReaderText, syncList, write } from './dom.js'
import { clock, money } from './words.js'

const STATES = { PENDING: 'pending', WIN: 'won', LOSE: 'lost', VOID: 'void' }

/**
 * Shows the latest bets. They carry no id, so a row's key is the bet's content, plus a counter that
 * tells identical bets apart.
 */
export function showBets(bets) {
  const seen = new Map()
  const keyed = bets.map((bet) => {
    const same = `${bet.created_at} ${bet.event_id} ${bet.sum} ${bet.coefficient}`
    const number = (seen.get(same) ?? 0) + 1
    seen.set(same, number)
    return { ...bet, key: `${same} ${number}` }
  })
  const list = byId('bets')
  // Bets that were there when the page opened are not new.
  const isFirst = list.childElementCount === 0
  const make = (bet) => {
    const row = rowOf(bet)
    if (!isFirst) row.classList.add('new')
    return row
  }
  syncList(list, keyed, ({ key }) => key, make)
  for (const [index, bet] of keyed.entries()) settle(list.children[index], bet)
  write(byId('bets-empty'), bets.length === 0 ? 'No bets yet.' : '')
}

function rowOf({ event_id, sum, coefficient, created_at }) {
  const row = element('li', 'bet')
  const stake = element('span', 'bet-stake')
  stake.append(
    element('span', 'bet-sum', money(sum)),
    element('span', 'bet-at', ' at '),
    coefficient,
  )
  row.append(
    element('span', 'bet-event', event_id),
    stake,
    element('span', 'bet-state'),
    element('span', 'bet-payout'),
    element('time', 'bet-time', clock(created_at)),
  )
  return row
}

function settle(row, { state, payout }) {
  if (row.dataset.state === state) return
  if (row.dataset.state !== undefined) row.classList.add('settled')
  row.dataset.state = state
  write(row.querySelector('.bet-state'), STATES[state])
  const shown = row.querySelector('.bet-payout')
  if (payout === null) write(shown, '')
  else shown.replaceChildren(screenReaderText('payout '), money(payout))
}
