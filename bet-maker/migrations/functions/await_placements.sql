-- Waits until every placement that began before has committed, and holds up later ones for no
-- longer than that. Gives up after 100 ms (SQLSTATE 55P03), because new placements queue behind a
-- waiting exclusive lock.
create or replace function await_placements() returns void language sql volatile
set lock_timeout = '100ms' as 'select pg_advisory_xact_lock(placement_barrier())';
