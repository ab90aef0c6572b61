import type { Mutant } from '../mutant.ts'

const TAKE = 'bet-maker/migrations/functions/take_events.sql'
const JUDGED = 'bet-maker/migrations/functions/judged_event.sql'
const SUITE = 'bet-maker/test/hearsay.int.test.ts'
const BETS = 'bet-maker/test/hearsay-bets.int.test.ts'

export const HEARSAY: Mutant[] = [
  {
    name: 'hearsay-not-replaced-by-the-feed',
    breaks: 'A feed sync does not overwrite a copy that is ahead of it: a forged version rules.',
    edits: [
      {
        file: JUDGED,
        replace: `and (e.heard or ((d.is_other or d.ends_otherwise) and read_since < 'infinity'))`,
        with: `and e.heard and e.version = s.version and not d.is_other`,
      },
    ],
    noticedBy: [
      [BETS, 'a forged result is taken back by the next sync: bets, payouts and history'],
      [SUITE, 'the forged successor of a version gives way to the true one'],
    ],
  },
  {
    name: 'hearsay-of-any-version',
    breaks: 'A message may have any version: one at 2^53 leaves no room for the true ones.',
    edits: [
      {
        file: TAKE,
        replace: `s.heard and s.version > position.version_base + far_above`,
        with: `false`,
      },
    ],
    noticedBy: [
      [SUITE, 'a version far above what is known is refused, others of its batch are applied'],
    ],
  },
  {
    name: 'hearsay-not-listed-and-kept',
    breaks: 'What a message said and the feed did not list is kept.',
    edits: [
      {
        file: 'bet-maker/src/application/sync-feed.ts',
        replace: `await checkHearsay(sync, unlisted)`,
        with: `if (fromBeginning) await checkHearsay(sync, unlisted)`,
      },
    ],
    noticedBy: [
      [BETS, 'an event that the line does not have is suspended, and bets on it are void'],
    ],
  },
  {
    name: 'hearsay-replaced-by-an-older-page',
    breaks: 'A page that was read before a change undoes it: the copy goes back in time.',
    edits: [
      {
        file: JUDGED,
        replace: `(e.version = s.version or e.applied_at < read_since)`,
        with: `true`,
      },
    ],
    noticedBy: [
      [SUITE, 'a page replaces what was heard before the sync began, not what came since'],
    ],
  },
  {
    name: 'hearsay-without-a-pause-kept',
    breaks: 'Whoever sends false messages without a pause rules for as long as that lasts.',
    edits: [
      {
        file: 'bet-maker/src/application/check-hearsay.ts',
        replace: `await apply(known.filter(isFalse), EVER)`,
        with: `await apply(known.filter(isFalse), sync.beganAt)`,
      },
    ],
    noticedBy: [[SUITE, 'false messages without a pause are taken back all the same']],
  },
  {
    name: 'hearsay-refuted-below-its-bets',
    breaks: 'Bets that were taken at a forged version are never settled.',
    edits: [
      {
        file: TAKE,
        replace: `when j.refuted then greatest((k.e).version, (k.e).state_version) + 1`,
        with: `when j.refuted and j.state_changed then (k.e).state_version + 1`,
      },
    ],
    noticedBy: [[BETS, 'a bet that was taken at a forged version is settled by the true result']],
  },
  {
    name: 'hearsay-believed-again-at-once',
    breaks: 'Whoever repeats a forged message rules between any two feed syncs.',
    edits: [
      {
        file: JUDGED,
        replace: `and (e.refuted_at is null or e.refuted_at < moment - interval '10 minutes')`,
        with: ``,
      },
    ],
    noticedBy: [
      [SUITE, 'once refuted, messages do not change an event for ten minutes; the feed does'],
    ],
  },
  {
    name: 'hearsay-believed-again-as-ordinary',
    breaks: 'The short way for ordinary changes takes a forged message that is repeated.',
    edits: [{ file: TAKE, replace: `and e.refuted_at is null`, with: `` }],
    noticedBy: [
      [SUITE, 'once refuted, messages do not change an event for ten minutes; the feed does'],
    ],
  },
  {
    name: 'hearsay-never-confirmed',
    breaks: 'What the feed confirms stays hearsay: each sync asks for it, until there is too much.',
    edits: [
      {
        file: TAKE,
        replace: `where e.event_id = l.event_id and not e.heard`,
        with: `where e.event_id = l.event_id`,
      },
    ],
    noticedBy: [[SUITE, 'a message is hearsay until a feed sync has listed what it says']],
  },
]
