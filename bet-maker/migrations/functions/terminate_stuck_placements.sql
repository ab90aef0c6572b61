-- Ends the sessions that have held one of the two locks that others wait for, the placement barrier
-- or the version base's, for longer than `min_ms`; returns who they were. A statement of ours holds
-- them until its transaction ends. A session may also hold them without a transaction, while it is
-- idle: since when is then said by state_change.
-- Runs with its owner's rights: the worker, which calls it, may neither see nor end the sessions of
-- other roles, and the owner may. Where all work under one role this changes nothing.
-- The search_path keeps it from finding anything that a caller has planted under a name it uses.
create or replace function terminate_stuck_placements(min_ms integer)
returns table (pid integer, client_addr text, application_name text, running_ms bigint)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  -- Materialized: as a mere condition, terminating could be tried before the join says whom it
  -- concerns.
  with stuck as materialized (
    select distinct a.pid, host(a.client_addr) as client_addr, a.application_name,
           (extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.state_change)) * 1000)
             ::bigint as running_ms
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory'
      and l.database = (select oid from pg_database where datname = current_database())
      and l.classid::bigint << 32 | l.objid::bigint
          in (public.placement_barrier(), public.version_base_lock())
      and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
      and coalesce(a.xact_start, a.state_change)
          < clock_timestamp() - min_ms * interval '1 millisecond'
  )
  select pid, client_addr, application_name, running_ms from stuck where pg_terminate_backend(pid);
$$;
