import { expect, test } from 'bun:test'
import { type Answer, BET, fakeServicesDuringTests, ticketOn } from './fake-service.ts'
import { FollowUps } from './follow-ups.ts'

const startFakeService = fakeServicesDuringTests()

function answering(...answers: Answer[]) {
  const service = startFakeService(answers)
  return { ...service, followUps: new FollowUps(service.day) }
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
const ACCEPTED = { status: 200, body: BET }

test('a bet with an unknown outcome is looked up by its key', async () => {
  const { day, book, followUps } = answering(ACCEPTED)
  followUps.mayExist(ticketOn(book))
  await followUps.finish()
  expect([day.findings.texts, book.tickets.size, day.tally.accepted]).toEqual([[], 1, 1])
})

test('a refusal right after an unanswered attempt is not final: it may still arrive', async () => {
  const { day, book, followUps } = answering(LOST, REFUSED, ACCEPTED)
  followUps.mayExist(ticketOn(book, { seen: 151, acceptOdds: 'exact' }))
  await followUps.finish()
  expect([day.findings.texts, book.tickets.size]).toEqual([[], 1])
})

test('a bet that was given up is sent later, and once more at the end if refused', async () => {
  const { day, book, asked, followUps } = answering(REFUSED, REFUSED)
  followUps.lookUpLater(ticketOn(book, { seen: 151, acceptOdds: 'exact' }))
  await followUps.finish()
  expect([day.findings.texts, book.tickets.size, day.tally.unknown]).toEqual([[], 0, 1])
  expect(asked).toEqual(['POST /bet', 'POST /bet'])
})

test('a repeat of an accepted bet is counted when it returns the same bet', async () => {
  const { day, book, followUps } = answering(ACCEPTED)
  const ticket = ticketOn(book)
  book.add(ticket, { id: 17, coefficient: 150, version: 1 })
  followUps.repeatLater(ticket)
  await followUps.finish()
  expect([day.findings.texts, day.tally.repeats]).toEqual([[], 1])
})

test('found: a bet whose outcome stays unknown', async () => {
  const { day, book, followUps } = answering(...Array.from({ length: 100 }, () => LOST))
  followUps.mayExist(ticketOn(book))
  Object.assign(day.options, { patienceMs: 6_000 })
  day.enter('last answers')
  await followUps.finish()
  expect(day.findings.texts).toEqual(['sim-1.0.0 on sim-1.0: the outcome stayed unknown'])
})
