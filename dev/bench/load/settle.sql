-- The row changes of settling as one plain statement, without regard to concurrent placements.
update bets set
  state = 'WIN', payout_cents = (sum_cents * coefficient_hundredths + 50) / 100,
  settled_at = clock_timestamp(), applied_version = applied_version
where event_id like :'events';
