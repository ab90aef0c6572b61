import { expect, test } from 'bun:test'
import { connectDatabase } from '@bets/platform/postgres/database'
import { migrateAsBefore } from '../migrations/before-squash.ts'
import { urlFor } from '../services/database-roles.ts'
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
  await system.betSql`delete from drizzle.__drizzle_migrations where hash = 'later'`
  await system.takesBets()
}, 30_000)

test('F40 what an owner left in its database never runs with more than its rights', async () => {
  const become = (owner: string) => `
    begin
      perform set_config('role', 'none', false);
      execute 'alter role ${owner} superuser';
    exception when others then null;
    end;`
  for (const [url, owner, tables] of [
    [system.env.LINE_DATABASE_URL, 'line_owner', ['feed', 'events', 'relay_lease']],
    [system.env.BET_DATABASE_URL, 'bet_owner', ['feed_position', 'bets']],
  ] as const) {
    const sql = connectDatabase(urlFor(owner, url as string), { max: 1, applicationName: owner })
    await sql.unsafe(`
      create schema planted;
      -- While a dump is loaded.
      create function planted.checked() returns boolean language plpgsql as $$
        begin ${become(owner)} return true; end $$;
      -- While a restored database is prepared.
      create function planted.changed() returns trigger language plpgsql as $$
        begin ${become(owner)} return new; end $$;
      -- Instead of PostgreSQL's own, whenever somebody looks.
      create function planted.to_regclass(text) returns regclass language plpgsql as $$
        begin ${become(owner)} return pg_catalog.to_regclass($1); end $$;
      create function planted.floor(double precision) returns text language plpgsql as $$
        begin ${become(owner)} return '0; alter role ${owner} superuser; select 0'; end $$`)
    for (const table of tables)
      await sql.unsafe(`
        alter table ${table} add constraint planted_${table} check (planted.checked());
        create trigger planted before update on ${table}
          for each row execute function planted.changed()`)
    await sql.unsafe(`alter database ${new URL(url as string).pathname.slice(1)}
      set search_path = planted, public, pg_catalog`)
    await sql.end({ timeout: 1 })
  }
  await system.lineSql`revoke execute on function pg_catalog.lo_create(oid) from public`

  const backup = await system.backups.make()
  for (const only of ['line', 'bet'] as const) {
    await system.backups.restore(backup, only)
    expect([...(await system.admin`select rolname from pg_roles where rolsuper`)]).toEqual([
      { rolname: 'postgres' },
    ])
  }
  // A dump cannot say this to an owner.
  const [storing] = await system.lineSql`
    select has_function_privilege('public', 'pg_catalog.lo_create(oid)', 'execute') as anybody`
  expect(storing).toEqual({ anybody: false })
}, 60_000)
