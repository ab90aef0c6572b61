-- From now on nothing is taken in at or below this version. Returns when everything that was judged
-- by a lower base has committed.
create or replace function raise_version_base(base bigint) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(version_base_lock());
  update feed_position set version_base = base where singleton and version_base < base;
end $$;
