-- Which database this is: one that was restored in its place is another, whatever its name.
create or replace function this_database() returns bigint language sql stable parallel safe as
'select oid::bigint from pg_database where datname = current_database()';
