import { afterAll, beforeEach, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { addDigests, complaints } from './digests.ts'

const folder = mkdtempSync(`${tmpdir()}/bets-digests-`)
const LANDED = `${folder}/0000_tables.sql`
const NEW = `${folder}/0001_more.sql`

beforeEach(() => {
  rmSync(NEW, { force: true })
  cpSync(MIGRATIONS, folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, content: unknown) =>
  writeFileSync(`${folder}/${name}`, JSON.stringify(content))

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
  write('meta/_journal.json', { entries: [{ tag: '0000_tables' }, { tag: '0001_more' }] })
  expect(complaints(folder)).toEqual([expect.stringContaining('is new')])
  addDigests(folder)
  expect(complaints(folder)).toEqual([])
})
