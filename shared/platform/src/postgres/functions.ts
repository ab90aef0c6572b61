import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { TransactionSql } from 'postgres'
import { sqlState } from './database.ts'

/** What `create or replace` says to another result or other names of parameters. */
const INVALID_FUNCTION_DEFINITION = '42P13'

/**
 * Makes the functions of the schema `public` those of a folder: NAME.sql holds `create or replace
 * function NAME`, in the current form. What the role owns there and no file has made is dropped: a
 * function that no longer exists, or an old form of one that has other parameters now.
 *
 * Replaced, not dropped and made again, wherever PostgreSQL allows it: calls that are under way
 * then never miss a function.
 */
export async function replaceFunctions(sql: TransactionSql, folder: string): Promise<void> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => basename(file, '.sql'))
  const before = await ownFunctions(sql)
  // Twice: first unchecked, so that they may call each other in any order, then checked.
  for (const check of ['off', 'on']) {
    await sql.unsafe(`set local check_function_bodies = ${check}`)
    for (const name of names) await replaceFunction(sql, folder, name)
  }
  const untouched = new Set(before.map(({ row }) => row))
  for (const { row, signature } of await ownFunctions(sql))
    if (untouched.has(row)) await sql.unsafe(`drop function ${signature}`)
}

async function replaceFunction(sql: TransactionSql, folder: string, name: string): Promise<void> {
  const definition = readFileSync(`${folder}/${name}.sql`, 'utf8')
  try {
    await sql.savepoint((attempt) => attempt.unsafe(definition))
  } catch (error) {
    if (sqlState(error) !== INVALID_FUNCTION_DEFINITION)
      throw new Error(`${name}.sql: ${(error as Error).message}`, { cause: error })
    for (const { signature } of (await ownFunctions(sql)).filter((made) => made.name === name))
      await sql.unsafe(`drop function ${signature}`)
    await sql.unsafe(definition)
  }
}

interface OwnFunction {
  name: string
  /** As `drop function` wants it. */
  signature: string
  /** Another one once the function has been replaced. */
  row: string
}

/** The functions in `public` that are the role's own; those of extensions are not. */
function ownFunctions(sql: TransactionSql): PromiseLike<OwnFunction[]> {
  return sql<OwnFunction[]>`
    select proname as name, p.oid::regprocedure::text as signature, p.oid || ' ' || p.ctid as row
    from pg_proc p
    where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass
                      and d.objid = p.oid and d.deptype = 'e')
    order by proname`
}
