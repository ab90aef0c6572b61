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
        replace: 'limit 1 for no key update',
        with: 'limit 1',
      },
    ],
    noticedBy: [[LOCKS, 'a stake waits for whoever moves its account, and sees what is left']],
  },
  {
    name: 'stakes-of-a-batch-not-summed',
    breaks: 'Each bet of a batch is compared with the whole balance.',
    edits: [
      {
        file: `${FUNCTIONS}/hold_stakes.sql`,
        replace: `sum(r.sum_cents) over (
        partition by r.client collate "C", r.account_id collate "C" order by r.request
      ) as staked`,
        with: 'r.sum_cents as staked',
      },
    ],
    noticedBy: [[ACCOUNTS, '64 connections bet no more than the balance']],
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
        file: `${FUNCTIONS}/settle_chunk.sql`,
        replace: 'coalesce(m.payout_cents, 0) - coalesce(before.payout_cents, 0) as amount',
        with: 'coalesce(m.payout_cents, 0) as amount',
      },
    ],
    noticedBy: [[ACCOUNTS, 'take the stake, and are paid, corrected and refunded']],
  },
  {
    name: 'corrections-without-money',
    breaks: 'A correction changes the bet and leaves the account as it was.',
    edits: [
      {
        file: `${FUNCTIONS}/settle_chunk.sql`,
        replace: 'where amount <> 0',
        with: `where amount <> 0 and kind <> 'correction'`,
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
        replace: '  perform hold_settled_accounts(ranges);\n',
        with: '',
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
    noticedBy: [[ACCOUNTS, 'what is unknown has no value']],
  },
  {
    name: 'withdrawals-of-a-batch-not-summed',
    breaks: 'Each withdrawal of a batch is compared with the whole balance.',
    edits: [
      {
        file: `${FUNCTIONS}/make_transfers.sql`,
        replace: `sum(r.amount_cents) filter (where r.kind = 'withdrawal') over (
        partition by r.client collate "C", r.account_id collate "C" order by r.request
      ) as withdrawn`,
        with: 'r.amount_cents as withdrawn',
      },
    ],
    noticedBy: [[ACCOUNTS, 'a withdrawal takes no more than there is, however many come at once']],
  },
]
