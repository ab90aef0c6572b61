import type { Mutant } from '../mutant.ts'

export const CHANGING: Mutant[] = [
  {
    name: 'change-without-the-row-lock',
    breaks:
      'A change does not lock its event: two at once are both checked against the old state and ' +
      'get the same version.',
    edits: [
      {
        file: 'line-provider/migrations/functions/change_events.sql',
        replace: `and change_applies(e, asked.coefficient, asked.deadline, asked.state,
                     asked.suspended, asked.reason, asked.ended_at)`,
        with: `and (select change_applies(was, asked.coefficient, asked.deadline, asked.state,
                             asked.suspended, asked.reason, asked.ended_at)
     from events was where was.event_id = asked.event_id)`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/refusal.int.test.ts',
        'a change waits for the running one on its event, and is checked after it',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'changing-in-the-order-of-arrival',
    breaks:
      'The events of a batch are locked in the order of their changes, so two batches can ' +
      'deadlock.',
    edits: [
      {
        file: 'line-provider/migrations/functions/change_events.sql',
        replace: `order by c.event_id collate "C", c.change`,
        with: `order by c.change`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/changing-together.int.test.ts',
        'F18 batches in opposite orders from two processes never deadlock',
      ],
    ],
  },
  {
    name: 'changing-the-last-first',
    breaks: 'The changes of one event in a batch take effect in the opposite order.',
    edits: [
      {
        file: 'line-provider/migrations/functions/change_events.sql',
        replace: `order by c.event_id collate "C", c.change`,
        with: `order by c.event_id collate "C", c.change desc`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/changing-together.int.test.ts',
        'changes of one event in one batch take effect in order, each with its version',
      ],
    ],
  },
  {
    name: 'changing-together-only',
    breaks:
      'A batch that the server refuses is not retried one by one: one change fails the whole ' +
      'batch.',
    edits: [
      {
        file: 'line-provider/src/infrastructure/event.repository.ts',
        replace: `import { isoTime, query } from '@bets/platform/postgres/database'
import { runBatchOrSingly } from '@bets/platform/postgres/run-batch'`,
        with: `import { isoTime, query, retryRefused } from '@bets/platform/postgres/database'`,
      },
      {
        file: 'line-provider/src/infrastructure/event.repository.ts',
        replace: `run: (changes) => runBatchOrSingly(changes, changeTogether),`,
        with: `run: (changes) => retryRefused(() => changeTogether(changes)),`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/changing-together.int.test.ts',
        'F18 a change that is refused for now until it is tried alone is made, once',
      ],
      [
        'line-provider/test/changing-together.int.test.ts',
        'F18 a change that is refused for now, always, fails alone in its batch',
      ],
      [
        'line-provider/test/changing-together.int.test.ts',
        'F18 a change that is refused for what it is fails alone in its batch',
      ],
    ],
  },
  {
    name: 'correction-without-a-reason',
    breaks: 'An ended event accepts a correction without a reason.',
    edits: [
      {
        file: 'line-provider/migrations/functions/change_applies.sql',
        replace: `and new_reason is not null`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/ended-event.api.test.ts',
        'B12 a correction of CANCELLED without a reason is 409 ILLEGAL_TRANSITION',
      ],
    ],
  },
  {
    name: 'feed-of-numbered-changes-only',
    breaks:
      'The feed shows numbered changes only: one that commits between numbering and reading is ' +
      'missing from a feed sync that began after it.',
    edits: [
      {
        file: 'line-provider/src/infrastructure/feed.repository.ts',
        replace: `(select * from events where seq is null limit \${limit})`,
        with: `(select * from events where seq is null and false
         order by event_id limit \${limit})`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/feed.int.test.ts',
        'a change that commits between numbering and reading is on two pages',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'numbering-without-the-lock',
    breaks:
      'The feed is not locked while changes are numbered: two numberings assign the same numbers.',
    edits: [
      {
        file: 'line-provider/migrations/functions/number_changes.sql',
        replace: `select last_seq into base from feed for update;`,
        with: `select last_seq into base from feed;`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/feed.int.test.ts',
        'a numbering waits for the running one and continues where that one ended',
      ],
    ],
  },
  {
    name: 'numbers-drawn-at-the-change',
    breaks:
      'Changes get their numbers from a sequence when they are made: one that commits late has ' +
      'a number that is behind the cursor of the reader.',
    edits: [
      {
        file: 'line-provider/migrations/functions/number_changes.sql',
        replace: `if not exists (select from events where seq is null) then return 0; end if;`,
        with: `update feed set last_seq = (select last_value from change_numbers);
return 0;`,
      },
      {
        file: 'line-provider/migrations/0000_tables.sql',
        replace: `insert into feed default values;`,
        with: `insert into feed default values;
--> statement-breakpoint
create sequence change_numbers;`,
      },
      {
        file: 'line-provider/migrations/functions/change_events.sql',
        replace: `  (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
   changed_at)
select asked.event_id, asked.coefficient, asked.deadline, 'NEW', coalesce(asked.suspended, false),
       f.version_base + 1, asked.reason, clock_timestamp()`,
        with: `  (event_id, coefficient_hundredths, deadline, state, suspended, version, reason,
   changed_at, seq)
select asked.event_id, asked.coefficient, asked.deadline, 'NEW', coalesce(asked.suspended, false),
       f.version_base + 1, asked.reason, clock_timestamp(), nextval('change_numbers')`,
      },
      {
        file: 'line-provider/migrations/functions/change_events.sql',
        replace: `seq = null`,
        with: `seq = nextval('change_numbers')`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/feed.int.test.ts',
        'a change that commits late, after a later one was read, still appears',
      ],
    ],
  },
  {
    name: 'negative-zero-is-an-event',
    breaks: 'The event id -0 is taken for the event "0".',
    edits: [
      {
        file: 'shared/domain/src/event.ts',
        replace: `if (Object.is(input, -0)) throw new InvalidValueError('must not be negative')`,
        with: '',
      },
    ],
    noticedBy: [
      [
        'line-provider/test/bad-change.api.test.ts',
        'B25 PUT /event: event id -0, which is no whole number from 0, is 422',
      ],
    ],
  },
]
