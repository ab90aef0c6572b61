import type { Mutant } from '../mutant.ts'

export const RESTORING: Mutant[] = [
  {
    name: 'restored-ids-come-again',
    breaks: 'A restored bet_db reuses ids that were handed out since the backup.',
    edits: [
      {
        file: 'deploy/restoring/bet_db.sql',
        replace: 'greatest(:last_id, last_value',
        with: 'greatest(0 * :last_id, last_value',
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore-bets.e2e.test.ts',
        'F24 same backup of bet_db restored twice: ids skip those assigned in between',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'restored-transfers-come-again',
    breaks: 'A restored bet_db reuses ids of transfers that were handed out since the backup.',
    edits: [
      {
        file: 'deploy/restoring/bet_db.sql',
        replace: `greatest(:last_transfer, last_value) + 1000000`,
        with: 'last_value',
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore-bets.e2e.test.ts',
        'F24 older bet_db restored under load: no bets before a feed sync, no id reused',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'restored-ledger-unchecked',
    breaks: 'A backup whose ledger does not add up is restored without a word.',
    edits: [
      {
        file: 'deploy/restore.sh',
        replace: '  check_ledger || fail',
        with: '  check_ledger || step',
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore-bets.e2e.test.ts',
        'F24 a backup whose ledger is a cent off is restored, and the account is named',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'restored-versions-come-again',
    breaks:
      'A backup of the line that is restored twice reuses versions: to bet-maker they are ' +
      'duplicates.',
    edits: [
      {
        file: 'deploy/restoring/line_db.sql',
        replace: 'greatest(:highest, version_base',
        with: 'greatest(0 * :highest, version_base',
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore.e2e.test.ts',
        'F24 line restored twice and put back: versions only rise, bet-maker follows',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'restored-by-the-superuser',
    breaks: 'SQL that an owner left in its database makes it a superuser.',
    edits: [
      {
        file: 'deploy/restore.sh',
        replace: 'as_owner "$1" pg_restore --exit-on-error --no-owner',
        with: 'in_postgres pg_restore --exit-on-error --no-owner --role "$1_owner"',
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore-form.e2e.test.ts',
        'F40 what an owner left in its database never runs with more than its rights',
      ],
    ],
    usesBroker: true,
  },
]
