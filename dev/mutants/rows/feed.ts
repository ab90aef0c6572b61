import type { Mutant } from '../mutant.ts'

export const FEED: Mutant[] = [
  {
    name: 'applying-a-correction-as-settled',
    breaks: 'A correction is noted as settled when it is taken in, so that no bet follows it.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/apply_line_events.sql',
        replace: `state_version = case when known.state <> excluded.state then excluded.version else known.state_version end,`,
        with: `state_version = case when known.state <> excluded.state then excluded.version else known.state_version end,
settled_version = case when known.state not in ('NEW', excluded.state) then excluded.version else known.settled_version end,`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/line-copy.int.test.ts',
        'each state change is owed, and recorded with its version, reason and time',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'applying-any-version',
    breaks:
      'The copy of the line takes an event whatever version it knows already: a late message undoes a newer one.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/apply_line_events.sql',
        replace: `where known.version < excluded.version`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/line-copy.int.test.ts',
        'an older or an equal version changes nothing at all',
      ],
      ['dev/model/model.int.test.ts', 'whatever happens, bets and payouts end as the model says'],
    ],
  },
  {
    name: 'applying-what-a-line-before-said',
    breaks:
      'What a line said before it was restored is taken in however late it comes: an event that it has no more takes bets again.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/apply_line_events.sql',
        replace: `where c.version > base`,
        with: `where true`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/line-copy.int.test.ts',
        'nothing at or below the version base is applied; everything above it is, in the same batch',
      ],
    ],
  },
  {
    name: 'base-raised-under-what-is-applied',
    breaks:
      'The base of the versions rises while something that was judged by the lower one has yet to commit.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/raise_version_base.sql',
        replace: `perform pg_advisory_xact_lock(version_base_lock());`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/line-copy.int.test.ts',
        'the version base rises only after everything checked against the lower one has committed',
      ],
    ],
  },
  {
    name: 'feed-sync-leaves-events-of-a-line-before',
    breaks:
      'Of the events that a restored line has no more, those that came while the feed sync was under way take bets.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/suspend_unlisted.sql',
        replace: `where (e.version <= p.version_base`,
        with: `where (false`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/feed-sync.int.test.ts',
        'events at or below the version base are suspended, even if they arrived after the feed sync started',
      ],
    ],
  },
  {
    name: 'feed-sync-notes-its-end',
    breaks:
      'A feed sync stores the time of its end: what was committed while it read counts as known although it may not be.',
    edits: [
      {
        file: 'bet-maker/src/infrastructure/feed-sync.repository.ts',
        replace: `async complete({ number, beganAt }, cursor) {
  const rows = await retryRefused(() =>
    query(sql\`
      update feed_position
      set sync_number = \${number} + 1, cursor = \${cursor}, fresh_at = \${beganAt}::timestamptz`,
        with: `async complete({ number }, cursor) {
  const rows = await retryRefused(() =>
    query(sql\`
      update feed_position
      set sync_number = \${number} + 1, cursor = \${cursor}, fresh_at = clock_timestamp()`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/feed-sync.int.test.ts',
        'a feed sync stores its start time, not its end time',
      ],
    ],
  },
  {
    name: 'feed-sync-stored-before-it-is-applied',
    breaks:
      'A feed sync is stored before its last page is applied: a worker that dies now has opened the gate over a gap.',
    edits: [
      {
        file: 'bet-maker/src/application/sync-feed.ts',
        replace: `let read = 0`,
        with: `let read = 0
let stored = false`,
      },
      {
        file: 'bet-maker/src/application/sync-feed.ts',
        replace: `versionBase = await follow(versionBase, page.versionBase)`,
        with: `versionBase = await follow(versionBase, page.versionBase)
if (page.last) stored = await syncs.complete(sync, page.cursor)`,
      },
      {
        file: 'bet-maker/src/application/sync-feed.ts',
        replace: `const stored = await syncs.complete(sync, cursor)`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/sync-feed.unit.test.ts',
        'in which the last page cannot be applied stores nothing',
      ],
      [
        'bet-maker/test/sync-feed.unit.test.ts',
        'notes the time, reads every page, applies each, and only then stores cursor and that time',
      ],
    ],
  },
  {
    name: 'feed-sync-stored-over-a-newer-one',
    breaks:
      'A feed sync that was overtaken is stored all the same: a worker that was stopped for an hour opens the gate with what it knew then.',
    edits: [
      {
        file: 'bet-maker/src/infrastructure/feed-sync.repository.ts',
        replace: `where singleton and sync_number = \${number} returning 1\`),`,
        with: `where singleton returning 1\`),`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/feed-sync.int.test.ts',
        'a feed sync of a frozen worker that resumes after many others does not open betting',
      ],
    ],
  },
  {
    name: 'feed-sync-suspends-though-overtaken',
    breaks:
      'A feed sync that was overtaken suspends what it did not list, in a database that was restored under it too.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/suspend_unlisted.sql',
        replace: `select version_base from feed_position where singleton and sync_number = the_sync`,
        with: `select version_base from feed_position where singleton`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/feed-sync.int.test.ts',
        'an overtaken feed sync suspends nothing: it may have listed another database',
      ],
    ],
  },
]
