-- Who there is on the server, who owns what, and that nobody else comes in. What the services may
-- do inside is beside their migrations (rights.sql), which the owners apply. Run by roles.sh, by a
-- superuser, any number of times.

\getenv line_owner_password LINE_OWNER_PASSWORD
\getenv line_provider_password LINE_DB_PASSWORD
\getenv bet_owner_password BET_OWNER_PASSWORD
\getenv bet_maker_password BET_DB_PASSWORD
\getenv bet_worker_password BET_WORKER_PASSWORD

-- No password gets into the server's log, neither with its statement nor with an error.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'panic';

-- What is so already is not worth a word.
set client_min_messages = 'warning';

select format('create role %I', name)
from unnest(array['line_owner', 'line_provider', 'bet_owner', 'bet_maker', 'bet_worker']) name
where not exists (select from pg_roles where rolname = name)
\gexec

alter role line_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'line_owner_password';
alter role line_provider login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'line_provider_password';
alter role bet_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'bet_owner_password';
alter role bet_maker login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'bet_maker_password';
alter role bet_worker login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'bet_worker_password';

-- terminate_stuck_placements runs as bet_owner and has to see and end the sessions of bet_maker,
-- and of no one else. To own its tables is more than to be bet_maker, so this gives it nothing
-- besides.
grant bet_maker to bet_owner;

select format('create database %I owner %I', name, owner)
from (values ('line_db', 'line_owner'), ('bet_db', 'bet_owner')) wanted (name, owner)
where not exists (select from pg_database where datname = name)
\gexec

alter database line_db owner to line_owner;
alter database bet_db owner to bet_owner;

-- Nobody comes in whom rights.sql does not name, nor in where everybody may by default, to fill the
-- disk from there.
revoke all on database line_db, bet_db, postgres, template1 from public;

-- Once the services owned what they work on: moving that waits for statements in hand and holds up
-- new ones, but not for long. Nor may anybody store large objects, which belong to no table.
\connect line_db
set lock_timeout = '10s';
reassign owned by line_provider to line_owner;
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;

\connect bet_db
set lock_timeout = '10s';
reassign owned by bet_maker to bet_owner;
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;
