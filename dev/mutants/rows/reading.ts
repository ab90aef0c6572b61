import type { Mutant } from '../mutant.ts'

export const READING: Mutant[] = [
  {
    name: 'reading-all-bets-of-an-event',
    breaks: "A page of a client's bets on an event walks past all bets of others.",
    edits: [
      {
        file: 'bet-maker/src/infrastructure/bet-record.repository.ts',
        replace: `order by \${order} limit \${MAX_LOOKED}`,
        with: `order by \${order}`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/bets-bound.api.test.ts',
        'F32 a page of an event reads no more than it may, whoever the bets belong to',
      ],
    ],
  },
  {
    name: 'reading-events-whose-deadline-is-over',
    breaks: 'A page of the open events starts at the cursor, and reads on to the present.',
    edits: [
      {
        file: 'line-provider/src/infrastructure/event.repository.ts',
        replace: `select case when \${deadline} > now then \${deadline} else now + 1 end,
                 case when \${deadline} > now then \${eventId} else '' end
          from (select floor(extract(epoch from clock_timestamp()))::bigint as now) clock
        )`,
        with: `select \${deadline}::bigint, \${eventId}::text
        ) and deadline > (select floor(extract(epoch from clock_timestamp()))::bigint)`,
      },
    ],
    noticedBy: [
      [
        'line-provider/test/open-events.api.test.ts',
        'F33 a page reads no more events than it lists, wherever it starts',
      ],
    ],
  },
  {
    name: 'reading-with-every-connection',
    breaks: 'Whoever reads the line without a token can use all connections of its database.',
    edits: [
      {
        file: 'shared/platform/src/postgres/read-queue.ts',
        replace: 'concurrency: Math.max(1, sql.options.max >> 1)',
        with: 'concurrency: sql.options.max * 100',
      },
    ],
    noticedBy: [
      [
        'line-provider/test/open-reads.api.test.ts',
        'F34 400 who read the open events at once leave connections to changes',
      ],
    ],
  },
  {
    name: 'numbering-by-sorting-all',
    breaks: 'Each numbering collects and sorts all unnumbered events.',
    edits: [
      {
        file: 'line-provider/migrations/functions/number_changes.sql',
        replace: 'set enable_sort = off as $$',
        with: 'as $$',
      },
    ],
    noticedBy: [
      [
        'line-provider/test/feed.int.test.ts',
        'F37 numbering and reading are bounded, whatever statistics say',
      ],
    ],
  },
  {
    name: 'reading-without-turns',
    breaks: 'Lookups of unknown events are made in the order of arrival, whoever asks.',
    edits: [
      {
        file: 'bet-maker/src/infrastructure/line.client.ts',
        replace: 'lookups.run(client,',
        with: "lookups.run(client && '',",
      },
    ],
    noticedBy: [
      [
        'dev/e2e/unknown-events.e2e.test.ts',
        'F36 a flood of made-up ids does not take the place of others',
      ],
    ],
    usesBroker: true,
  },
  {
    name: 'reading-each-alone',
    breaks: 'Identical reads of the line do not share statements.',
    edits: [
      {
        file: 'line-provider/src/infrastructure/open-reads.ts',
        replace: 'pages.get(key, queued)',
        with: 'pages.get(key + Math.random(), queued)',
      },
    ],
    noticedBy: [
      [
        'line-provider/test/open-reads.api.test.ts',
        'F34 400 who read the same of the changes share statements',
      ],
    ],
  },
  {
    name: 'reading-an-answer-without-end',
    breaks: 'bet-maker reads as much as line-provider sends.',
    edits: [
      {
        file: 'shared/platform/src/process/read-bounded.ts',
        replace: 'if (size > maxBytes) throw new BodyTooLargeError()',
        with: 'if (maxBytes < 0) throw new BodyTooLargeError()',
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/events.api.test.ts',
        'F51 of an answer without end, no more is read than a page may have',
      ],
    ],
  },
  {
    name: 'reason-of-any-length',
    breaks: 'A message or a page of the line may hold a text of any length.',
    edits: [
      {
        file: 'shared/domain/src/line-event.ts',
        replace: 'minLength: 1, maxLength: MAX_REASON_LENGTH',
        with: 'minLength: 0 * MAX_REASON_LENGTH',
      },
    ],
    noticedBy: [
      [
        'shared/domain/test/bounded-schemas.unit.test.ts',
        'F51 every text and list of a message and of a page of the line is bounded',
      ],
    ],
  },
]
