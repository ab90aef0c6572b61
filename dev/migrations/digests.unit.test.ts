import { afterAll, beforeEach, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { addDigests, complaints } from './digests.ts'

const folder = mkdtempSync(`${tmpdir()}/bets-digests-`)
const LANDED = `${folder}/0000_tables.sql`
const NEW = `${folder}/9999_more.sql`

beforeEach(() => {
  rmSync(folder, { recursive: true })
  cpSync(MIGRATIONS, folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, content: unknown) =>
  writeFileSync(`${folder}/${name}`, JSON.stringify(content))

const { entries } = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8'))

test('released migrations are unchanged', () => {
  expect(complaints(folder)).toEqual([])
})

test('an edited migration is refused, even when digests are added', () => {
  writeFileSync(LANDED, '-- edited')
  addDigests(folder)
  expect(complaints(folder)).toEqual([expect.stringContaining('was edited, but')])
})

test('a removed or renamed migration is refused', () => {
  renameSync(LANDED, NEW)
  expect(complaints(folder)[0]).toContain('0000_tables.sql is gone')
})

test('a new migration needs its place in the journal, and a digest', () => {
  writeFileSync(NEW, 'create table more ();')
  expect(complaints(folder)).toEqual([expect.stringContaining('never applied')])
  write('meta/_journal.json', { entries: [...entries, { tag: '9999_more', when: 2 }] })
  expect(complaints(folder)).toEqual([expect.stringContaining('is new')])
  addDigests(folder)
  expect(complaints(folder)).toEqual([])
})

test('a released migration keeps its time: at a later one, drizzle would run it again', () => {
  const [first, ...others] = entries
  write('meta/_journal.json', { entries: [{ ...first, when: first.when + 1 }, ...others] })
  addDigests(folder)
  expect(complaints(folder)).toEqual([expect.stringContaining('has another time')])
})

test.each(['1_more.sql', '0001-more.sql', 'more.SQL'])('%s is not ignored', (name) => {
  writeFileSync(`${folder}/${name}`, 'create table more ();')
  expect(complaints(folder)).toEqual([expect.stringContaining(`${name} is not named as`)])
})
