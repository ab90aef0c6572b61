import type { Mutant } from '../mutant.ts'

const TESTS = 'bet-maker/test/late-bets.int.test.ts'
const CLOCK = 'bet-maker/test/line-clock.int.test.ts'
const JUDGED = 'bet-maker/migrations/functions/judged_event.sql'
const AHEAD = 'F44 line_db ahead by 300 s: late bets void at FINISHED_WIN'
const CORRECTED = 'F45 a correction recomputes what is late: by the known end, or by another'

export const LATE_BETS: Mutant[] = [
  {
    name: 'late-bets-follow-the-result',
    breaks: 'Bets placed after the end of their event win, like those from before it.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/void_reason.sql',
        replace: `when created_at > void_after and created_at <= void_until then`,
        with: `when false then`,
      },
    ],
    noticedBy: [[TESTS, AHEAD]],
  },
  {
    name: 'late-within-the-uncertainty',
    breaks: 'A bet is void although the clocks do not tell whether it was placed after the end.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/latest_end.sql',
        replace: `(line_offset_within_us(p, moment) - p.line_offset_us)`,
        with: `(- p.line_offset_us)`,
      },
    ],
    noticedBy: [[TESTS, AHEAD]],
  },
  {
    name: 'correction-keeps-old-voids',
    breaks: 'A correction of the end of an event leaves bets void by the end before.',
    edits: [
      {
        file: JUDGED,
        replace: `when n.ended_at is distinct from e.ended_at or e.void_after is null then`,
        with: `when e.void_after is null then`,
      },
    ],
    noticedBy: [[TESTS, CORRECTED]],
  },
  {
    name: 'correction-moves-the-same-end',
    breaks: 'A correction that keeps the end moves it on the clock of bet_db.',
    edits: [
      {
        file: JUDGED,
        replace: `else e.void_after end as void_after`,
        with: `else s.void_after end as void_after`,
      },
    ],
    noticedBy: [[TESTS, CORRECTED]],
  },
  {
    name: 'late-by-a-clock-that-was-set-back',
    breaks: "Bets placed before bet_db's clock was set back count as placed after the end.",
    edits: [
      {
        file: 'bet-maker/migrations/functions/void_reason.sql',
        replace: `and created_at <= void_until`,
        with: ``,
      },
    ],
    noticedBy: [[CLOCK, "F44 bets from before bet_db's clock was set back are not late"]],
  },
  {
    name: 'late-by-a-line-clock-that-was-set-back',
    breaks: 'An end is moved by a distance of the clocks that no longer holds.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/latest_end.sql',
        replace: `and coalesce(changed_at >= p.line_time - interval '5 seconds', true)`,
        with: ``,
      },
    ],
    noticedBy: [
      [CLOCK, 'F44 a change from before the latest feed sync shows that a clock was set back'],
    ],
  },
  {
    name: 'clock-distance-of-the-latest-reading-only',
    breaks: 'A slow answer of the feed makes the distance of the clocks uncertain.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/measure_line_clock.sql',
        replace: `if known.line_offset_us is not null then`,
        with: `if false then`,
      },
    ],
    noticedBy: [
      [CLOCK, 'the distance of the clocks lies in every range that was measured'],
      [CLOCK, 'F44 a clock that was set leaves the distance unknown until the next reading'],
    ],
  },
  {
    name: 'late-by-a-forged-end',
    breaks: 'An end that a forged message stated stays where the line knows none.',
    edits: [
      {
        file: JUDGED,
        replace: `case when s.state <> 'NEW' and s.void_until is null then e.ended_at
                    else s.ended_at end`,
        with: `case when s.state <> 'NEW' then coalesce(s.ended_at, e.ended_at) end`,
      },
    ],
    noticedBy: [[TESTS, 'an end that only a forged message states is taken back with it']],
  },
  {
    name: 'late-by-a-clock-that-was-set-unseen',
    breaks: 'Bets stay void by a distance of the clocks that the next feed sync shows to be false.',
    edits: [
      {
        file: JUDGED,
        replace: `when e.heard and not s.heard and s.void_until is not null and not coalesce(`,
        with: `when false and not coalesce(`,
      },
    ],
    noticedBy: [
      [CLOCK, 'F44 a clock was set before a message: the next feed sync voids no bet by it'],
      [CLOCK, 'F44 nor when the distance has been measured again by then'],
    ],
  },
  {
    name: 'late-on-an-event-that-was-made-up',
    breaks: 'A bet on an event that somebody had made up wins when the line has such an event.',
    edits: [
      {
        file: 'bet-maker/migrations/functions/void_reason.sql',
        replace: `when created_at <= unknown_until then 'placed_on_unknown_event'`,
        with: ``,
      },
    ],
    noticedBy: [
      [
        'bet-maker/test/hearsay-bets.int.test.ts',
        'an event that the line does not have is suspended, and bets on it are void',
      ],
    ],
  },
]
