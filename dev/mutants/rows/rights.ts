import type { Mutant } from '../mutant.ts'

const LEARN = 'bet-maker/migrations/functions/learn_events.sql'
const STOLEN = 'dev/rights/stolen-login.int.test.ts'

export const RIGHTS: Mutant[] = [
  {
    name: 'rights-to-change-what-is-known',
    breaks: "The API's login can end an event and change its coefficient.",
    edits: [
      {
        file: LEARN,
        replace: 'where known.version is null',
        with: '',
      },
    ],
    noticedBy: [
      [STOLEN, 'F38 the API takes in events that are unknown, and changes none that is known'],
    ],
  },
  {
    name: 'rights-to-change-what-becomes-known',
    breaks: "The API's login can end an event if it tries at the moment when the event is new.",
    edits: [
      { file: LEARN, replace: 'perform pg_advisory_xact_lock(version_base_lock());', with: '' },
    ],
    noticedBy: [[STOLEN, 'F38 nor one that becomes known at that moment']],
  },
  {
    name: 'rights-to-a-stake-without-limit',
    breaks: 'A stake may be so large that its event can never be settled.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/place_bets.sql',
        replace: '          9999999999, max_stake(',
        with: '          max_stake(',
      },
    ],
    noticedBy: [[STOLEN, 'F38 no stake is larger than the domain allows, so every payout fits']],
  },
  {
    name: 'rights-to-delete-the-exchange',
    breaks: "line-provider's RabbitMQ login may delete the exchange of the line.",
    edits: [
      {
        file: 'deploy/rabbitmq/rights.ts',
        replace: `configure: [],
    write: ['line'],
    read: [],`,
        with: `configure: ['line'],
    write: ['line'],
    read: [],`,
      },
    ],
    noticedBy: [
      [
        'dev/rights/broker-least.int.test.ts',
        'F41 line_provider has no permission that it does not need',
      ],
    ],
  },
  {
    name: 'rights-of-everybody',
    breaks: 'Where one role owns all, any login of the server may place bets and end events.',
    edits: [
      {
        file: 'bet-maker/migrations/rights.sql',
        replace: `execute format('revoke all on routine %s from %s', ours, others);`,
        with: 'null;',
      },
    ],
    noticedBy: [
      [
        'dev/rights/database-rights.int.test.ts',
        'F38 a login without rights may call no function, also where one role does all',
      ],
    ],
  },
  {
    name: 'rights-to-write-the-lease',
    breaks: "line-provider's login may write the relay's lease and position itself.",
    edits: [
      {
        file: 'line-provider/migrations/rights.sql',
        replace: 'grant select on relay_lease',
        with: 'grant select, update (published_seq) on relay_lease',
      },
    ],
    noticedBy: [
      [
        'dev/rights/database-rights.int.test.ts',
        'F38 line_provider writes no table or sequence itself, and calls the functions listed here',
      ],
    ],
  },
  {
    name: 'rights-to-a-feed-that-is-fresh-for-ever',
    breaks: "The worker's login can open the gate for ever with one call.",
    edits: [
      {
        file: 'bet-maker/migrations/functions/complete_feed_sync.sql',
        replace: ' and began_at <= clock_timestamp()',
        with: '',
      },
    ],
    noticedBy: [[STOLEN, 'F38 the worker cannot keep the feed fresh beyond its last call']],
  },
  {
    name: 'rights-to-skip-the-changes-to-come',
    breaks: "line-provider's login can have the relay skip all changes to come with one call.",
    edits: [
      {
        file: 'line-provider/migrations/functions/advance_relay_lease.sql',
        replace: 'up_to between published_seq and (select last_seq from feed)',
        with: 'up_to >= published_seq',
      },
    ],
    noticedBy: [
      [STOLEN, 'F38 line-provider cannot skip the changes to come, nor hold the lease for ever'],
    ],
  },
]
