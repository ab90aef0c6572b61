-- Prepares a restored bet_db for service, in one transaction.
--
-- :last_id, :last_transfer, :last_entry and :last_sync come from the database that it replaces,
-- read after that one was closed.
begin;

-- Ids handed out since the backup are never reused. (setval is not transactional, but nobody else
-- uses this database yet.)
select setval(
         'bets_id_seq', greatest(:last_id, last_value, (select max(id) from bets)) + 1000000
       ) as last_id
from bets_id_seq
\gset
select setval('transfers_id_seq', greatest(:last_transfer, last_value) + 1000000)
from transfers_id_seq \g /dev/null
select setval('ledger_entries_id_seq', greatest(:last_entry, last_value) + 1000000)
from ledger_entries_id_seq \g /dev/null

-- No cursor and no freshness: betting stays closed until a feed sync has read the whole line, with
-- all results since the backup. A feed sync already running started with a number that is never
-- reused, so it cannot complete here.
update feed_position
set pass = greatest(pass, :last_sync) + 1000000, cursor = null, fresh_at = null,
    -- This may be another machine with another clock.
    line_time = null, line_offset_us = null, line_offset_within_us = null, line_offset_at = null;

commit;

select format('%s bets; the next id is %s', count(*), :last_id + 1) from bets;
