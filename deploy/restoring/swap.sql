-- Puts :restored in the place of :running, which is kept as :replaced, read-only. All or nothing:
-- at no time is there no database of that name. Prints for how many milliseconds it was closed.
select set_config('restoring.mark', :'mark', false), set_config('restoring.restored', :'restored', false) \g /dev/null
do $$
begin
  -- Another run may have taken what was prepared here for a leftover, and have begun anew under the
  -- same name.
  if (select shobj_description(oid, 'pg_database') from pg_database
      where datname = current_setting('restoring.restored')) is distinct from current_setting('restoring.mark') then
    raise '% is not the one that this run prepared: does another restore run?', current_setting('restoring.restored');
  end if;
end $$;
select pg_terminate_backend(pid) from pg_stat_activity where datname in (:'running', :'restored') \g /dev/null

begin;
alter database :"running" rename to :"replaced";
alter database :"replaced" allow_connections true;
alter database :"replaced" set default_transaction_read_only = on;
alter database :"restored" rename to :"running";
commit;

select floor(extract(epoch from clock_timestamp()) * 1000) - :closed_at_ms;
