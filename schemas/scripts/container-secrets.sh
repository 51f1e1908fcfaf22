#!/bin/sh
# Writes what docker-compose.yml wants to read from ./secrets. What is there already stays, so it may run again.
# Containers read these files as different users: the files are readable, the folder around them is the owner's only.
set -eu
umask 077
mkdir -p secrets

password() {
  [ -s "secrets/$1" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "secrets/$1"
}
address() {
  [ -s "secrets/database_url_$1" ] ||
    printf 'postgres://%s:%s@db:5432/ganzhi' "$2" "$(cat "secrets/$3")" > "secrets/database_url_$1"
}

password db_password
address migrate postgres db_password
for service in ingest analytics api; do
  password "${service}_password"
  address "$service" "ganzhi_$service" "${service}_password"
done
password grafana_reader_password
password grafana_admin_password

chmod 444 secrets/*
chmod 700 secrets
echo "secrets/ is complete; Grafana's user is admin, its password is in secrets/grafana_admin_password" >&2
