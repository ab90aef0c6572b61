-- What makes a restored bet_db one that may serve, before it does, in one transaction.
--
-- :last_id and :last_pass are those of the database that it replaces, read when nobody could move
-- them any more.
begin;

-- Ids that were handed out since the backup are never handed out again. (The sequence is no part of
-- the transaction, but nobody else is here.)
select setval('bets_id_seq', greatest(:last_id, last_value, (select max(id) from bets)) + 1000000) as last_id
from bets_id_seq
\gset

-- No stored pass: the gate is closed until one has read the whole line, whose results since the
-- backup it brings. A pass that is under way was noted at a number that never comes again, and so
-- completes nothing here.
update feed_position set pass = greatest(pass, :last_pass) + 1000000, cursor = null, fresh_at = null;

commit;

select format('%s bets; the next id is %s', count(*), :last_id + 1) from bets;
