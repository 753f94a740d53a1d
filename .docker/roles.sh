#!/bin/bash
# Runs once, on an empty PostgreSQL volume: one role owns and migrates, the other serves and is bound
# by row-level security.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --set owner="$RATHAUS_OWNER_PASSWORD" --set app="$RATHAUS_APP_PASSWORD" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE rathaus_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE rathaus_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app';
CREATE DATABASE rathaus OWNER rathaus_owner;
SQL
