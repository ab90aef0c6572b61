import { expect, test } from 'bun:test'
import { migrateAsBefore } from '../migrations/before-squash.ts'
import { oddSettingsOf } from '../testing/odd-settings.ts'
import { restorableDuringTests } from './restorable-system.ts'

const system = restorableDuringTests(300)

test('F24 F58 a restored database keeps owner, rights, limits and settings', async () => {
  await system.admin`create role restore_reader login`
  const name = new URL(system.env.BET_DATABASE_URL as string).pathname.slice(1)
  for (const statement of [
    ...oddSettingsOf(name, ['bet_owner', 'bet_worker', new URL(system.urlOf(name)).username]),
    `revoke all on database ${name} from public`,
    `grant connect on database ${name} to restore_reader`,
    `alter database ${name} connection limit 90`,
    `alter database ${name} set work_mem to '5MB'`,
    `alter role restore_reader in database ${name} set lock_timeout to '7s'`,
    // Lists, one with a name that needs quotes, and a text with every character that needs quoting.
    `alter database ${name} set search_path to "$user", public, other`,
    `alter role restore_reader in database ${name} set search_path to "Its own", public`,
    `alter database ${name} set bets.motto to 'it''s "so", or \\ not'`,
  ])
    await system.admin.unsafe(statement)
  const described = async () => ({
    ...(
      await system.admin`
        select pg_get_userbyid(datdba) as owner, datacl::text as rights, datconnlimit,
          (select json_agg(json_build_array(setrole, setconfig) order by setrole)
           from pg_db_role_setting where setdatabase = d.oid)::text as settings
        from pg_database d where datname = ${name}`
    )[0],
  })
  const before = await described()
  expect(before).toMatchObject({
    datconnlimit: 90,
    rights: expect.stringContaining('restore_reader=c/'),
  })
  expect(before.settings).toContain('search_path=\\"$user\\", public, other')
  await system.backups.restore(await system.backups.make(), 'bet')
  expect(await described()).toEqual(before)
  await system.takesBets()
  // Everything in it belongs to the owner.
  const [owners] = await system.betSql`
    select string_agg(distinct tableowner, ' ') as owners
    from pg_tables where schemaname in ('public', 'drizzle')`
  expect(owners).toEqual({ owners: before.owner })
}, 30_000)

test('F24 a backup with an older schema is migrated, one with a newer schema refused', async () => {
  await system.admin`create database older`
  const olderUrl = system.urlOf('older')
  await migrateAsBefore(olderUrl, 'bet-maker')
  const applied = async () =>
    (await system.betSql`select hash from drizzle.__drizzle_migrations order by id`).map(
      ({ hash }) => hash,
    )
  const newest = await applied()

  // Here it belongs to the superuser; after the restore it belongs to the owner.
  await system.backups.restore(await system.backups.make({ BET_DATABASE_URL: olderUrl }), 'bet')
  expect(await applied()).toEqual(newest)
  system.accepted.clear()
  await system.takesBets()
  await system.atRest()

  await system.betSql`
    insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9000000000000)`
  const newer = [await system.backups.make(), 'bet']
  const { code, output } = await system.backups.start('restore.sh', newer, { yes: '1' }).done
  expect(output).toContain('newer version')
  expect(code).toBe(1)
  await system.takesBets()
}, 30_000)
