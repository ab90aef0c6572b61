import { expect, test } from 'bun:test'
import { Later } from './later.ts'
import { type Answer, BET, lyingDuringTests, ticketOn } from './lying-service.ts'

const startLyingService = lyingDuringTests()

function lie(...answers: Answer[]) {
  const service = startLyingService(answers)
  return { ...service, later: new Later(service.day) }
}

const LOST = {
  status: 503,
  body: { code: 'DATABASE_UNAVAILABLE' },
  headers: { 'retry-after': '0' },
}
const REFUSED = {
  status: 409,
  body: { code: 'ODDS_CHANGED', coefficient: '1.50', event_version: 1 },
}
const TAKEN = { status: 200, body: BET }

test('a bet of which nobody heard is asked about by its key, and known from then on', async () => {
  const { day, book, later } = lie(TAKEN)
  later.mayExist(ticketOn(book))
  await later.settle()
  expect([day.findings.texts, book.tickets.size, day.tally.taken]).toEqual([[], 1, 1])
})

test('a refusal just after a sending that was lost is not the last word: the lost one may still arrive', async () => {
  const { day, book, later } = lie(LOST, REFUSED, TAKEN)
  later.mayExist(ticketOn(book, { seen: 151, acceptOdds: 'exact' }))
  await later.settle()
  expect([day.findings.texts, book.tickets.size]).toEqual([[], 1])
})

test('a bettor who gave up asks later, and a refusal then is asked about once more at the end', async () => {
  const { day, book, asked, later } = lie(REFUSED, REFUSED)
  later.askAbout(ticketOn(book, { seen: 151, acceptOdds: 'exact' }))
  await later.settle()
  expect([day.findings.texts, book.tickets.size, day.tally.unknown]).toEqual([[], 0, 1])
  expect(asked).toEqual(['POST /bet', 'POST /bet'])
})

test('a repeat of a bet that was taken is counted when it is the same bet', async () => {
  const { day, book, later } = lie(TAKEN)
  const ticket = ticketOn(book)
  book.add(ticket, { id: 17, coefficient: 150, version: 1 })
  later.repeat(ticket)
  await later.settle()
  expect([day.findings.texts, day.tally.repeats]).toEqual([[], 1])
})

test('found: a bet of which nobody ever says what became of it', async () => {
  const { day, book, later } = lie(...Array.from({ length: 100 }, () => LOST))
  later.mayExist(ticketOn(book))
  Object.assign(day.options, { patienceMs: 6_000 })
  day.enter('last answers')
  await later.settle()
  expect(day.findings.texts).toEqual(['sim-1.0.0 on sim-1.0: nobody said whether it was taken'])
})
