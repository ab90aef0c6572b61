#!/bin/bash
# Runs once, when PostgreSQL's data folder is new: a database for each service, with a role that owns it and nothing else.
set -e

create() { # create ROLE PASSWORD DATABASE
  psql -v ON_ERROR_STOP=1 --no-psqlrc -U "${POSTGRES_USER:-postgres}" -d postgres \
    -v role="$1" -v password="$2" -v database="$3" <<'SQL'
create role :"role" login password :'password';
create database :"database" owner :"role";
revoke connect on database :"database" from public;
SQL
}

create line_provider "$LINE_DB_PASSWORD" line_db
create bet_maker "$BET_DB_PASSWORD" bet_db
