-- The roles, the databases with their owners, and who may connect. The services' rights inside
-- their databases are in rights.sql beside their migrations, applied by the owners. Run by roles.sh
-- as a superuser; safe to repeat.

\getenv line_owner_password LINE_OWNER_PASSWORD
\getenv line_provider_password LINE_DB_PASSWORD
\getenv bet_owner_password BET_OWNER_PASSWORD
\getenv bet_maker_password BET_DB_PASSWORD
\getenv bet_worker_password BET_WORKER_PASSWORD

-- Keep passwords out of the server's log, both in statements and in errors.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';

-- No notices about what already exists.
set client_min_messages = 'warning';

select format('create role %I', name)
from unnest(array['line_owner', 'line_provider', 'bet_owner', 'bet_maker', 'bet_worker']) name
where not exists (select from pg_roles where rolname = name)
\gexec

alter role line_owner
  login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'line_owner_password';
alter role line_provider
  login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'line_provider_password';
alter role bet_owner
  login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'bet_owner_password';
alter role bet_maker
  login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'bet_maker_password';
alter role bet_worker
  login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'bet_worker_password';

-- terminate_stuck_placements runs as bet_owner and must see and terminate the sessions of the
-- services, and no others. bet_owner already owns the tables, so membership in their roles grants
-- nothing else.
grant bet_maker, bet_worker to bet_owner;

select format('create database %I owner %I', name, owner)
from (values ('line_db', 'line_owner'), ('bet_db', 'bet_owner')) wanted (name, owner)
where not exists (select from pg_database where datname = name)
\gexec

alter database line_db owner to line_owner;
alter database bet_db owner to bet_owner;

-- Only roles named in rights.sql may connect. This includes the default databases, through which
-- anyone could otherwise fill the disk.
revoke all on database line_db, bet_db, postgres, template1 from public;

-- The services used to own their tables. Reassigning them waits for running statements and blocks
-- new ones, hence the timeout. Large objects belong to no table, so nobody may store any.
\connect line_db
set lock_timeout = '10s';
reassign owned by line_provider to line_owner;
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;

\connect bet_db
set lock_timeout = '10s';
reassign owned by bet_maker to bet_owner;
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;
