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
        replace: `where not exists (
          select from line_events le where le.event_id = change ->> 'event_id' collate "C"
        )`,
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
        replace: 'and r.sum_cents <= 9999999999',
        with: '',
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
]
