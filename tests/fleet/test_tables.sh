# The cluster's tables are those of the single server, and every server takes what is in the files.
set -eu
folder=$(mktemp -d)
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
trap 'rm -rf "$folder"' EXIT
cp -r dist/clickhouse "$folder/tables"
"$folder/tables/make-cluster"
for file in cluster.sql cluster_ttl.sql; do
    cmp "dist/clickhouse/$file" "$folder/tables/$file" || fail "$file: run dist/clickhouse/make-cluster"
done
for table in $(sed -n 's/^CREATE TABLE IF NOT EXISTS \([a-z_]*\) .*/\1/p' dist/clickhouse/schema.sql); do
    grep -q "EXISTS {database}.${table}_local ON CLUSTER" dist/clickhouse/cluster.sql || fail "no ${table}_local"
    grep -q "EXISTS {database}.$table ON CLUSTER" dist/clickhouse/cluster.sql || fail "no $table"
done

. tests/fleet/clickhouse.sh
trap 'clickhouse_kill; rm -rf "$folder"' EXIT
clickhouse_configure ""
clickhouse_start
ask "CREATE DATABASE fleet" >/dev/null
clickhouse-client --port "$tcp" -d fleet -n <dist/clickhouse/schema.sql || fail "schema.sql by hand"
clickhouse-client --port "$tcp" -d fleet <dist/clickhouse/retention.sql >"$folder/out" || fail "retention.sql"
[ ! -s "$folder/out" ] || fail "drops what is not there: $(cat "$folder/out")"

# By the retention a row that takes another back outlives it. Servers before 19.6 can only be asked what they would do.
while read -r table expression; do
    ask "INSERT INTO fleet.$table (sensor, revision, removed) VALUES ('a', $(date +%s%3N), 1)"
    [ "$(ask "SELECT count() FROM fleet.$table WHERE removed AND $expression > now()")" = 1 ] ||
        fail "$table: what was taken back comes again"
    ask "TRUNCATE TABLE fleet.$table"
done < <(sed -n '/^ALTER TABLE outages/,$p' dist/clickhouse/ttl.sql | sed 's/^ALTER TABLE //; s/MODIFY TTL//; s/;$//' | paste - -)

ask "INSERT INTO fleet.minutes (sensor, server, minute_ns) VALUES ('a', '192.0.2.1', 1000000000000000000)"
clickhouse-client --port "$tcp" -d fleet <dist/clickhouse/retention.sql >"$folder/out"
clickhouse-client --port "$tcp" -d fleet -n <"$folder/out" || fail "$(cat "$folder/out")"
[ "$(ask "SELECT count() FROM fleet.minutes")" = 0 ] || fail "what is old is still there: $(cat "$folder/out")"
"$DNSBLAME" ship --create --to "$url" || fail "what was created by hand does not fit"
