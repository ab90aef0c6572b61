-- The advisory lock that lets the version base rise only when every statement that judged by the
-- old one has committed.
create or replace function version_base_lock() returns bigint
language sql immutable parallel safe as 'select 5202402::bigint';
