-- Ends the backends that have kept await_placements waiting for longer than `min_ms`; returns who
-- they were.
-- Runs with its owner's rights: the worker, which calls it, may neither see nor end the sessions of
-- the role that places bets, and the owner may. Where all work under one role this changes nothing.
-- The search_path keeps it from finding anything that a caller has planted under a name it uses.
create or replace function terminate_stuck_placements(min_ms integer)
returns table (pid integer, client_addr text, application_name text, running_ms bigint)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  -- Materialized: as a mere condition, terminating could be tried before the join says whom it
  -- concerns.
  with stuck as materialized (
    select a.pid, host(a.client_addr) as client_addr, a.application_name,
           (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint as running_ms
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory'
      and l.database = (select oid from pg_database where datname = current_database())
      and l.classid = (public.placement_barrier() >> 32)::oid
      and l.objid = (public.placement_barrier() & 4294967295)::oid and l.objsubid = 1
      and l.granted and l.mode = 'ShareLock'
      and a.xact_start < clock_timestamp() - min_ms * interval '1 millisecond'
  )
  select pid, client_addr, application_name, running_ms from stuck where pg_terminate_backend(pid);
$$;
