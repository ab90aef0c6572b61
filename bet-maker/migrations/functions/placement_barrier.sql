-- The advisory lock by which settling waits for every placement that may have seen an event open.
-- Placements share it; settling takes it exclusively for a moment (await_placements). A lock on the
-- event's row would not do: sharers overtake a waiting update, so that a result under constant
-- betting may never come.
create or replace function placement_barrier() returns bigint
language sql immutable parallel safe as 'select 5202401::bigint';
