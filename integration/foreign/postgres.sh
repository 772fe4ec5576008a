#!/bin/sh
# Debian's cluster `main` in the foreground, open to whoever reaches it; with TLS for those who ask for it.
set -eu
config=$(echo /etc/postgresql/*/main)
echo 'host all all all trust' > "$config/pg_hba.conf"
exec su postgres -c "exec $(echo /usr/lib/postgresql/*/bin)/postgres -D $(echo /var/lib/postgresql/*/main) \
  -c config_file=$config/postgresql.conf -c listen_addresses='*'"
