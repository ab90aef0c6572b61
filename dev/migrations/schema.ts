import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { MIGRATIONS as BET_MIGRATIONS } from '@bets/bet-maker/src/migrate.ts'
import { MIGRATIONS as LINE_MIGRATIONS } from '@bets/line-provider/src/migrate.ts'
import { connectDatabase } from '@bets/platform/postgres/database'
import { migrateDatabase } from '@bets/platform/postgres/migrate'
import { startEmbeddedDatabase } from '../embedded/database.ts'

/**
 * `migrations/schema.sql` of a service: the result of its migrations and functions, in one file to
 * read. `bun dev/migrations/schema.ts` writes both; schema.int.test.ts compares them with a
 * database. Made from the catalog, so that it does not depend on the version of PostgreSQL.
 */
const HEADER = `\
-- What the migrations and functions of this folder make of a database, to read: nothing runs it.
-- After a change: bun dev/migrations/schema.ts. The bodies of the functions are in
-- functions/NAME.sql; who may do what is in rights.sql.
`
const MAX_WIDTH = 100

type Sql = ReturnType<typeof connectDatabase>

/**
 * The schema `public` of a database as `schema.sql` has it. Throws when the database holds anything
 * that is not described here, so that nothing comes in unseen: describe it first.
 */
export async function describeSchema(sql: Sql): Promise<string> {
  const undescribed = await findUndescribed(sql)
  if (undescribed.length > 0)
    throw new Error(`dev/migrations/schema.ts does not describe: ${undescribed.join(', ')}.`)
  const tables = await sql<{ text: string }[]>`
    select format(E'create%s table %I (\n%s\n)%s;',
                  case when relpersistence = 'u' then ' unlogged' else '' end, c.relname,
                  string_agg(line, E',\n' order by place),
                  ' with (' || array_to_string(c.reloptions, ', ') || ')') as text,
           c.relname
    from pg_class c
    cross join lateral (
      select attnum::integer as place,
             format('  %I %s', attname, format_type(atttypid, atttypmod))
             || case when attcollation <> typcollation
                     then (select format(' collate %I', collname) from pg_collation
                           where oid = attcollation)
                     else '' end
             || case when attnotnull then ' not null' else '' end
             || coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
             || case when attidentity <> ''
                     then format(' generated %s as identity (sequence name %s)',
                                 case attidentity when 'd' then 'by default' else 'always' end,
                                 pg_get_serial_sequence(c.relname, attname)) else '' end
      from pg_attribute a join pg_type t on t.oid = atttypid
      left join pg_attrdef d on adrelid = attrelid and adnum = attnum
      where attrelid = c.oid and attnum > 0 and not attisdropped
      union all
      select (row_number() over (order by conname collate "C") + 10000)::integer,
             format('  constraint %I %s', conname, pg_get_constraintdef(oid))
      from pg_constraint where conrelid = c.oid and contype in ('c', 'f', 'p', 'u')
    ) as lines (place, line)
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    group by c.oid, c.relname, c.reloptions, c.relpersistence order by c.relname collate "C"`
  const others = await sql<{ text: string }[]>`
    select text from (
      -- The options that a migration can set. Some builds of PostgreSQL keep notes there, too.
      select format('alter table %s alter column %I set (%s);', attrelid::regclass, attname,
                    option) as text
      from pg_attribute join pg_class c on c.oid = attrelid
      cross join unnest(attoptions) option
      where relnamespace = 'public'::regnamespace and option like 'n\\_distinct%'
      union all
      select format('alter table %s alter column %I set statistics %s;', attrelid::regclass,
                    attname, attstattarget)
      from pg_attribute join pg_class c on c.oid = attrelid
      where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0
        and attstattarget >= 0
      union all
      select format('alter table %I %s row level security;', relname, how)
      from pg_class
      cross join lateral (
        values ('enable', relrowsecurity), ('force', relforcerowsecurity)
      ) as security (how, is_on)
      where relnamespace = 'public'::regnamespace and is_on
      union all
      select format('alter sequence %s as %s increment %s minvalue %s maxvalue %s start %s cache %s'
                    '%s;', seqrelid::regclass, seqtypid::regtype, seqincrement, seqmin, seqmax,
                    seqstart, seqcache, case when seqcycle then ' cycle' else '' end)
      from pg_sequence join pg_class c on c.oid = seqrelid
      where relnamespace = 'public'::regnamespace
      union all
      select pg_get_triggerdef(t.oid)
             || case tgenabled when 'O' then '' else ' -- enabled: ' || tgenabled::text end || ';'
      from pg_trigger t join pg_class c on c.oid = tgrelid
      where relnamespace = 'public'::regnamespace and not tgisinternal
      union all
      select pg_get_indexdef(indexrelid) || ';'
      from pg_index join pg_class c on c.oid = indexrelid
      where relnamespace = 'public'::regnamespace
        and not exists (select from pg_constraint where conindid = indexrelid)
    ) as statements order by text collate "C"`
  const functions = await sql<{ text: string }[]>`
    select format(E'create function %I(%s)\n  returns %s\n  language %s %s%s%s%s;', proname,
                  pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), lanname,
                  case provolatile when 'i' then 'immutable' when 's' then 'stable'
                                   else 'volatile' end,
                  case when proisstrict then ' strict' else '' end
                  || case when proleakproof then ' leakproof' else '' end
                  || case proparallel when 's' then ' parallel safe'
                                      when 'r' then ' parallel restricted' else '' end
                  || case when procost <> 100 then ' cost ' || procost else '' end
                  || case when prorows not in (0, 1000) then ' rows ' || prorows else '' end,
                  case when prosecdef then ' security definer' else '' end,
                  (select E'\n ' || string_agg(' set ' || setting, '' order by place)
                   from unnest(proconfig) with ordinality s (setting, place))) as text
    from pg_proc p join pg_language l on l.oid = prolang
    where pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
    order by proname collate "C", p.oid::regprocedure::text collate "C"`
  const statements = [...tables, ...others, ...functions].map(({ text }) =>
    text.split('\n').map(fold).join('\n'),
  )
  return `${HEADER}\n${statements.join('\n\n')}\n`
}

/** What `describeSchema` would pass over, by kind and name. */
async function findUndescribed(sql: Sql): Promise<string[]> {
  const rows = await sql<{ thing: string }[]>`
    with ours as (select * from pg_class where relnamespace = 'public'::regnamespace)
    select 'relation ' || relname || ' of kind ' || relkind::text as thing from ours
    where relkind not in ('r', 'i', 'S') or relpersistence = 't'
    union all
    select 'partition or child ' || relname from ours join pg_inherits on inhrelid = ours.oid
    union all
    select 'column ' || relname || '.' || attname from ours join pg_attribute on attrelid = ours.oid
    where attgenerated <> '' or attcompression <> ''
    union all
    select 'constraint ' || conname from pg_constraint
    where connamespace = 'public'::regnamespace and contype not in ('c', 'f', 'n', 'p', 'u')
    union all
    select 'index ' || relname from ours join pg_index on indexrelid = ours.oid
    where not indisvalid or indisclustered or indisreplident
    union all
    select 'rule ' || rulename from ours join pg_rewrite on ev_class = ours.oid
    union all
    select 'policy ' || polname from pg_policy
    union all
    select 'statistics ' || stxname from pg_statistic_ext
    union all
    select 'event trigger ' || evtname from pg_event_trigger
    union all
    select 'type ' || typname from pg_type
    where typnamespace = 'public'::regnamespace and typtype <> 'c' and typcategory <> 'A'
    union all
    select 'routine ' || proname || ' of kind ' || prokind::text from pg_proc
    where pronamespace = 'public'::regnamespace and prokind <> 'f'
    union all
    select 'operator ' || oprname from pg_operator where oprnamespace = 'public'::regnamespace
    union all
    select 'schema ' || nspname from pg_namespace
    where nspname not in ('public', 'drizzle', 'information_schema') and nspname !~ '^pg_'
    order by thing`
  return rows.map(({ thing }) => thing)
}

/** Wraps a long line between words. */
function fold(line: string): string {
  if (line.length <= MAX_WIDTH) return line
  const end = line.lastIndexOf(' ', MAX_WIDTH)
  return `${line.slice(0, end)}\n${fold(`    ${line.slice(end + 1)}`)}`
}

/** On the embedded PostgreSQL, so that writing needs no server. */
async function writeSchema(migrations: string): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/bets-schema-`)
  const database = await startEmbeddedDatabase(folder)
  try {
    await migrateDatabase(database.url, migrations)
    const sql = connectDatabase(database.url, { max: 1, applicationName: 'schema' })
    writeFileSync(`${migrations}/schema.sql`, await describeSchema(sql))
    await sql.end({ timeout: 1 })
  } finally {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main)
  for (const migrations of [LINE_MIGRATIONS, BET_MIGRATIONS]) await writeSchema(migrations)
