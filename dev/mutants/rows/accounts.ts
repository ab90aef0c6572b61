import type { Mutant } from '../mutant.ts'

const ACCOUNTS = 'bet-maker/test/accounts.int.test.ts'
const LOCKS = 'bet-maker/test/account-locks.int.test.ts'
const FUNCTIONS = 'bet-maker/migrations/functions'

export const ACCOUNT_ROWS: Mutant[] = [
  {
    name: 'charged-although-not-placed',
    breaks: 'Whoever repeats a bet with its key is charged again, although no bet is placed.',
    edits: [
      {
        file: `${FUNCTIONS}/place_bets.sql`,
        replace: 'from (select * from placed where account_id is not null order by id) p',
        with: 'from (select * from numbered where account_id is not null order by id) p',
      },
    ],
    noticedBy: [[ACCOUNTS, 'a refused bet is not charged, and neither is a replay']],
  },
  {
    name: 'accounts-read-without-a-lock',
    breaks: 'A balance is checked before it is locked, so two statements spend the same money.',
    edits: [
      {
        file: `${FUNCTIONS}/hold_accounts.sql`,
        replace: 'limit 1 for no key update\n    ) held',
        with: 'limit 1\n    ) held',
      },
    ],
    noticedBy: [[LOCKS, 'a stake waits for whoever moves its account, and sees what is left']],
  },
  {
    name: 'stakes-of-a-batch-not-summed',
    breaks: 'Each bet or withdrawal of a batch is compared with the whole balance.',
    edits: [
      {
        file: `${FUNCTIONS}/hold_accounts.sql`,
        replace: 'or held.balance_cents >= r.taken',
        with: 'or held.balance_cents >= r.cents',
      },
    ],
    noticedBy: [
      [ACCOUNTS, '64 connections bet no more than the balance'],
      [ACCOUNTS, 'a withdrawal takes no more than there is, however many come at once'],
    ],
  },
  {
    name: 'entries-that-move-nothing',
    breaks: 'Entries are written and no balance follows them.',
    edits: [
      {
        file: `${FUNCTIONS}/post_entries.sql`,
        replace: 'set balance_cents = a.balance_cents + excluded.balance_cents',
        with: 'set balance_cents = a.balance_cents + 0 * excluded.balance_cents',
      },
    ],
    noticedBy: [[ACCOUNTS, 'the first deposit opens the account; a retry moves nothing']],
  },
  {
    name: 'paid-again-on-a-correction',
    breaks: 'A correction pays the new payout without taking back the old one.',
    edits: [
      {
        file: `${FUNCTIONS}/pay_accounts.sql`,
        replace: 'coalesce(s.payout_cents, 0) - coalesce(b.payout_cents, 0) as amount',
        with: 'coalesce(s.payout_cents, 0) as amount',
      },
    ],
    noticedBy: [[ACCOUNTS, 'take the stake, and are paid, corrected and refunded']],
  },
  {
    name: 'corrections-without-money',
    breaks: 'A correction changes the bet and leaves the account as it was.',
    edits: [
      {
        file: `${FUNCTIONS}/pay_accounts.sql`,
        replace: 'where r.charged',
        with: `where r.charged and b.state = 'PENDING'`,
      },
      {
        file: `${FUNCTIONS}/settle_chunk.sql`,
        replace: 'if unpaid <> 0 then',
        with: 'if false then',
      },
    ],
    noticedBy: [[ACCOUNTS, 'take the stake, and are paid, corrected and refunded']],
  },
  {
    name: 'accounts-held-after-bets',
    breaks: 'Settling locks accounts after bets, and so deadlocks with a batch that repeats a bet.',
    edits: [
      {
        file: `${FUNCTIONS}/settle_chunk.sql`,
        replace: '  moment := clock_timestamp();\n',
        with: `  moment := clock_timestamp();
  perform from bets where bets.event_id = any (
    select r.event_id from json_to_recordset(ranges) as r (event_id text)
  ) for update;
`,
      },
    ],
    noticedBy: [[LOCKS, 'settling holds the accounts before it changes a bet']],
  },
  {
    name: 'money-shown-when-unknown',
    breaks:
      'The metrics go on showing an old sum of all accounts, for as long as reading it fails.',
    edits: [
      {
        file: 'bet-maker/src/infrastructure/account.meter.ts',
        replace: 'totals = undefined\n      throw error',
        with: 'throw error',
      },
    ],
    noticedBy: [['bet-maker/test/account-meter.int.test.ts', 'what is unknown has no value']],
  },
  {
    name: 'events-not-held-while-paid-for',
    breaks: 'Two workers pay for the same bets, and only one of them settles these.',
    edits: [
      {
        file: `${FUNCTIONS}/settle_chunk.sql`,
        replace: 'limit 1 for no key update',
        with: 'limit 1',
      },
    ],
    noticedBy: [[LOCKS, 'workers that settle the same bets at the same time pay them once']],
  },
  {
    name: 'settled-but-not-paid',
    breaks: 'A bet that is stored while others of its event are paid is settled and not paid.',
    edits: [
      {
        file: `${FUNCTIONS}/settle_chunk.sql`,
        replace: 'if unpaid <> 0 then',
        with: 'if false then',
      },
    ],
    noticedBy: [[LOCKS, 'a bet that is stored while others of its event are paid is paid, too']],
  },
  {
    name: 'strangers-wait-for-a-held-account',
    breaks: 'A batch waits for a held account as long as a statement may take.',
    edits: [
      {
        file: `${FUNCTIONS}/hold_accounts.sql`,
        replace: `set lock_timeout = '300ms'`,
        with: `set lock_timeout = '10s'`,
      },
    ],
    noticedBy: [[LOCKS, 'an account that somebody holds stops no bets of others']],
  },
]
