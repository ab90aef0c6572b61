import type { Mutant } from '../mutant.ts'

export const RESTORING: Mutant[] = [
  {
    name: 'restored-ids-come-again',
    breaks:
      'A restored bet_db gives out ids beyond those that the backup knows, not beyond those given out since.',
    edits: [
      {
        file: 'deploy/restoring/bet_db.sql',
        replace: `select setval('bets_id_seq', greatest(:last_id, last_value, (select max(id) from bets)) + 1000000) as last_id`,
        with: `select setval('bets_id_seq', greatest(0 * :last_id, last_value, (select max(id) from bets)) + 1000000) as last_id`,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore-bets.e2e.test.ts',
        'F24 the same backup of bet_db again: ids go beyond those handed out since the first time',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'restored-versions-come-again',
    breaks:
      'The same backup of the line, restored again, says the versions that were said since the first time: bet-maker takes them for repeats.',
    edits: [
      {
        file: 'deploy/restoring/line_db.sql',
        replace: `1000000 * (div(greatest(:highest, version_base, (select max(version) from events)), 1000000) + 1) as new_base`,
        with: `1000000 * (div(greatest(0 * :highest, version_base, (select max(version) from events)), 1000000) + 1) as new_base`,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/restore.e2e.test.ts',
        'F24 the same backup of the line again, and then what it has replaced: versions only ever rise, and bet-maker follows',
      ],
    ],
    usesBroker: true,
  },
]
