-- Prepares a restored line_db for service, in one transaction.
--
-- It is older than what bet-maker knows, yet bet-maker must accept it as newer. So its versions are
-- raised above every version that the line has had: :highest is the highest one known outside the
-- backup. Usually they rise by 1,000,000. When the same backup is restored again they rise by
-- 2,000,000; otherwise bet-maker would take the restored events for duplicates.
begin;

select version_base as old_base,
       1000000 * (
         div(greatest(:highest, version_base, (select max(version) from events)), 1000000) + 1
       ) as new_base
from feed
\gset

-- VERSION_BASE_MAX of shared/domain/src/feed.ts: readers refuse a higher one.
select :new_base > 9000000000000000 as too_high
\gset
\if :too_high
  do $$ begin
    raise 'The versions of this line would start above 9000000000000000, too close to the highest '
      'number that they can reach. Some version in line_db is false: correct it first.';
  end $$;
\endif

-- Events may have changed since the backup, so each open one stays suspended until an operator has
-- checked it.
update events set
  version = version + :new_base - :old_base,
  -- Every event counts as changed.
  seq = null,
  suspended = suspended or state = 'NEW',
  reason = case when state = 'NEW' and not suspended then :'reason' else reason end,
  changed_at = case when state = 'NEW' and not suspended then now() else changed_at end;

-- A new feed id: cursors of the old feed get 410, and bet-maker reads the new one from the
-- beginning.
update feed set feed_id = gen_random_uuid(), version_base = :new_base;

-- Nothing above last_seq was published. Any lease was for the line before the restore.
update relay_lease
set holder = null, lease_until = null, published_seq = (select last_seq from feed);

commit;

select format('%s events, %s of them suspended; versions are above %s now',
              count(*), count(*) filter (where suspended), :new_base)
from events;
