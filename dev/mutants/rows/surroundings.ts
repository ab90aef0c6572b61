import type { Mutant } from '../mutant.ts'

export const SURROUNDINGS: Mutant[] = [
  {
    name: 'data-folder-not-locked',
    breaks: 'Two processes serve one folder of an embedded database and lose data.',
    edits: [
      {
        file: 'dev/embedded/folder-lock.ts',
        replace: `lock.run('begin exclusive')`,
        with: `lock.run('begin')`,
      },
    ],
    noticedBy: [
      [
        'dev/e2e/dev-mode.e2e.test.ts',
        'F56 one process per data folder, whatever its path; a killed holder frees it',
      ],
    ],
  },
]
