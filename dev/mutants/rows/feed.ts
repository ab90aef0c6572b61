import type { Mutant } from '../mutant.ts'

export const FEED: Mutant[] = [
  {
    name: 'applying-a-correction-as-settled',
    breaks: 'A correction counts as settled as soon as it is applied, so no bet follows it.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/take_events.sql',
        replace: `state_version = excluded.state_version,
applied_at = excluded.applied_at,`,
        with: `state_version = excluded.state_version,
settled_version = case when line_events.state not in ('NEW', excluded.state)
                       then excluded.version else line_events.settled_version end,
applied_at = excluded.applied_at,`,
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
      'The copy of the line applies any version of an event: a late message undoes a newer one.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/judged_event.sql',
        replace: `e.version < s.version
        and (e.refuted_at is null`,
        with: `(e.refuted_at is null`,
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
    name: 'applying-any-version-as-ordinary',
    breaks: 'The short way for ordinary changes takes a late message: the coefficient goes back.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/take_events.sql',
        replace: `where e.version < excluded.version and e.state = 'NEW'`,
        with: `where e.state = 'NEW'`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/line-copy.int.test.ts',
        'an older or an equal version changes nothing at all',
      ],
    ],
  },
  {
    name: 'applying-changes-from-before-a-restore',
    breaks:
      'Changes from before a restore are applied however late they arrive: betting opens again ' +
      'on an event that the line no longer has.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/said_events.sql',
        replace: `(c.version > p.version_base or (c.version is null and read_since is not null))`,
        with: `true`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/line-copy.int.test.ts',
        'exactly what is above the version base is applied, in one batch',
      ],
    ],
  },
  {
    name: 'base-raised-under-what-is-applied',
    breaks: 'The version base rises before what was checked against the lower one has committed.',
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
        'the version base rises once all checked against the lower one is committed',
      ],
    ],
  },
  {
    name: 'feed-sync-leaves-events-from-before-a-restore',
    breaks:
      'Betting stays open on events that a restored line has lost, if they arrived during the ' +
      'sync.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/suspend_unlisted.sql',
        replace: `and (e.version <= p.version_base`,
        with: `and (false`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/feed-sync.int.test.ts',
        'events at or below the version base are suspended, even if they arrived later',
      ],
    ],
  },
  {
    name: 'feed-sync-notes-its-end',
    breaks:
      'A feed sync stores its end time: what was committed meanwhile counts as known, and may ' +
      'not be.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/complete_feed_sync.sql',
        replace: 'fresh_at = began_at',
        with: 'fresh_at = clock_timestamp()',
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
      'A feed sync is stored before its last page is applied: a worker that dies then has ' +
      'opened betting with changes missing.',
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
        replace: `const stored = await syncs.complete(sync, cursor, first.lineTime)`,
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
        'stores the cursor and the time it started once every page is applied',
      ],
    ],
  },
  {
    name: 'feed-sync-stored-over-a-newer-one',
    breaks:
      'An overtaken feed sync is stored: a worker that was stopped for an hour opens betting ' +
      'with data of an hour ago.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/complete_feed_sync.sql',
        replace: 'where singleton and pass = the_sync and',
        with: 'where singleton and',
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/feed-sync.int.test.ts',
        'the feed sync of a worker frozen during many others does not open betting',
      ],
    ],
  },
  {
    name: 'feed-sync-suspends-though-overtaken',
    breaks:
      'An overtaken feed sync suspends what it did not list, even in a database restored ' +
      'meanwhile.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/suspend_unlisted.sql',
        replace: `select version_base from feed_position
         where singleton and pass = the_sync`,
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
  {
    name: 'line-links-followed-elsewhere',
    breaks: 'A link in an answer of line-provider leads bet-maker to another host.',
    edits: [
      {
        file: 'bet-maker/src/infrastructure/line.client.ts',
        replace: `if (target !== undefined && !target.startsWith(\`\${OPEN_EVENTS}?\`))`,
        with: `if (target?.startsWith('//'))`,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/events.api.test.ts',
        'F30 503 LINE_UNAVAILABLE, and no other server asked, for a next page at "/\\\\HOST"',
      ],
    ],
  },
]
