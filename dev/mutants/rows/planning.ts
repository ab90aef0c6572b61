import type { Mutant } from '../mutant.ts'

const BETS = 'bet-maker/test/growth.int.test.ts'
const LINE = 'line-provider/test/growth.int.test.ts'
const NEVER_TAKEN = 'large tables cost no statement more: statistics never taken'
const OF_SMALL_TABLES = 'large tables cost no statement more: statistics of small tables'

/** Joins that PostgreSQL may turn round, or make of a whole table. */
export const PLANNING: Mutant[] = [
  {
    name: 'taking-by-a-join',
    breaks: 'A plan from when there were few events compares every change with every event.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/take_events.sql',
        replace: `cross join lateral (
          select e from line_events e where e.event_id = s.event_id limit 1 for update
        ) k`,
        with: `join (select e, e.event_id from line_events e) k on k.event_id = s.event_id`,
      },
    ],
    noticedBy: [[BETS, OF_SMALL_TABLES]],
  },
  {
    name: 'learning-by-an-anti-join',
    breaks: 'A bet on an unknown event reads the whole copy of the line.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/learn_events.sql',
        replace: `left join lateral (
          select le.version from line_events le
          where le.event_id = change ->> 'event_id' collate "C" limit 1
        ) known on true
        where known.version is null`,
        with: `where not exists (
          select from line_events le where le.event_id = change ->> 'event_id' collate "C"
        )`,
      },
    ],
    noticedBy: [[BETS, OF_SMALL_TABLES]],
  },
  {
    name: 'suspending-by-a-join',
    breaks: 'Each event of a chunk is compared with all events of a table without statistics.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/suspend_unlisted.sql',
        replace: `)
  update line_events e set suspended = true from position p
  where e.event_id > after_event collate "C" and e.event_id <= last_event collate "C"
    and (e.version`,
        with: `), looked as materialized (
    select event_id from line_events
    where event_id > after_event collate "C" order by event_id limit chunk_size
  )
  update line_events e set suspended = true from position p, looked l
  where e.event_id = l.event_id and (e.version`,
      },
    ],
    noticedBy: [[BETS, NEVER_TAKEN]],
  },
  {
    name: 'numbering-by-a-join',
    breaks: 'Each numbering reads the whole line where statistics say that much of it is due.',
    edits: [
      {
        file: 'line-provider/migrations/functions/number_changes.sql',
        replace: `insert into events as e
      (event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at, seq)
    select event_id, coefficient_hundredths, deadline, state, suspended, version, changed_at,
           base + row_number() over (order by changed_at, event_id)
    from due
    on conflict (event_id) do update set seq = excluded.seq
    returning 1`,
        with: `update events e set seq = base + p.place
    from (select event_id, row_number() over (order by changed_at, event_id) as place from due) p
    where e.event_id = p.event_id returning 1`,
      },
    ],
    noticedBy: [[LINE, OF_SMALL_TABLES]],
  },
]
