# Sourced by the scripts that use PostgreSQL's tools. Databases and roles may have settings of their
# own, which would change what the tools print or how long they wait.
PGOPTIONS="${PGOPTIONS:-} -c search_path=public -c DateStyle=ISO -c statement_timeout=0 \
-c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0 \
-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off \
-c standard_conforming_strings=on -c synchronous_commit=on"
export PGOPTIONS
