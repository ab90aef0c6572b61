import { connectionOptions } from '@bets/platform/postgres/connection'
import { runProcess } from '@bets/platform/process/run-process'
import postgres from 'postgres'
import { readDatabaseUrl } from './config.ts'
import { checkLedger, type LedgerFault } from './infrastructure/ledger-check.ts'

const PROGRESS_MS = 5_000

/**
 * The command `bun run check-ledger`: reads every account's money in one snapshot and exits with 1
 * when anything does not add up. It changes nothing and may run beside the services.
 */
async function main(): Promise<number> {
  const startedAt = performance.now()
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  const url = readDatabaseUrl()
  console.log('Reading the ledger; with millions of bets this takes minutes …')
  const sql = postgres(url, {
    ...connectionOptions(url, { statement_timeout: '0', work_mem: '256MB' }),
    max: 1,
  })
  let rule = ''
  const progress = setInterval(() => {
    console.log(`reading  ${seconds()}  … whether ${rule}`)
  }, PROGRESS_MS)
  const onDone = (holds: string, faults: readonly LedgerFault[]) => {
    console.log(`${faults.length === 0 ? 'holds  ' : 'BROKEN '}  ${seconds()}  ${holds}`)
    for (const { client, accountId, found } of faults)
      console.log(`         client ${JSON.stringify(client)}, account ${accountId}: ${found}`)
  }
  const broken = await checkLedger(sql, onDone, (holds) => {
    rule = holds
  })
  clearInterval(progress)
  await sql.end()
  console.log(
    broken === 0
      ? `The ledger adds up (${seconds()}).`
      : `${broken} rules are broken. Amounts are in cents. What to do: docs/operations.md#money.`,
  )
  return broken === 0 ? 0 : 1
}

if (import.meta.main)
  runProcess(async () => {
    process.exit(await main())
  })
