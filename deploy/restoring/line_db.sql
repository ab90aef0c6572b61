-- What makes a restored line_db one that may serve, before it does, in one transaction.
--
-- It is older than what bet-maker knows, and must win all the same. So its versions go beyond every
-- version that the line had until now: :highest is the highest that anybody has seen of it, besides
-- what the backup itself says. In the usual case that is 1,000,000 more; when the same backup is
-- restored once more it is 2,000,000, or bet-maker would hold the restored events for repeats.
begin;

select version_base as old_base,
       1000000 * (div(greatest(:highest, version_base, (select max(version) from events)), 1000000) + 1) as new_base
from feed
\gset

-- Nobody knows what has become of the events since the backup. Each takes bets again when an
-- operator has looked.
update events set
  version = version + :new_base - :old_base,
  -- Every event is news.
  seq = null,
  suspended = suspended or state = 'NEW',
  reason = case when state = 'NEW' and not suspended then :'reason' else reason end,
  changed_at = case when state = 'NEW' and not suspended then now() else changed_at end;

-- Another feed: a cursor of the old one is told so (410), and bet-maker reads this one from its
-- beginning.
update feed set feed_id = gen_random_uuid(), version_base = :new_base;

-- Nothing above last_seq was published; who held the lease held it for another line.
update relay_lease set holder = null, lease_until = null, published_seq = (select last_seq from feed);

commit;

select format('%s events, %s of them suspended; versions are above %s now',
              count(*), count(*) filter (where suspended), :new_base)
from events;
