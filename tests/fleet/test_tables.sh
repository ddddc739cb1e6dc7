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

# What ends `ship --create` on its way is completed by the next one: the version comes last, after the retention of
# servers that can have one.
python3 - "$DNSBLAME" <<'END' || fail "an interrupted --create"
import http.server, subprocess, sys, threading
class Server(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_POST(self):
        statement = self.rfile.read(int(self.headers["Content-Length"])).decode()
        changes = not statement.startswith("SELECT")
        broken = changes and len(done) == breaks_at
        if changes and not broken:
            done.append(statement)
        answer = b"22.8.1.1\n" if "version()" in statement else b"2\t2026-11-21 00:00:00\n" if is_complete() else b""
        if statement.startswith("SELECT max(version)") and not is_complete():
            broken, answer = True, b"Code: 60, there is no such table\n"
        self.send_response(500 if broken else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
def is_complete():
    return any("INTO dnsblame_schema" in statement for statement in done)
def create(cluster):
    command = [sys.argv[1], "ship", "--create", "--to", "http://127.0.0.1:%d/x" % server.server_port] + cluster
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode
server = http.server.HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
for cluster in [], ["--cluster", "here"]:
    done, breaks_at = [], None
    assert create(cluster) == 0
    whole = done
    tables = [one for one in whole if "CREATE TABLE" in one]
    assert "INTO dnsblame_schema" in whole[-1] and sum("MODIFY TTL" in one for one in whole) == 11, whole[-1]
    assert len(tables) == len(whole) - 13, "a statement more"
    for breaks_at in range(len(whole)):
        done = []
        assert create(cluster) == 1 and not is_complete(), breaks_at
        done, breaks_at = [], None
        assert create(cluster) == 0 and done == whole, breaks_at
        assert create(cluster) == 0 and len(done) == len(whole) + 1, "what is complete is made again"
END

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
clickhouse-client --port "$tcp" -d fleet -n <dist/clickhouse/version.sql || fail "version.sql by hand"
"$DNSBLAME" ship --create --to "$url" || fail "what was created by hand does not fit"
[ "$(ask "SELECT count() FROM fleet.dnsblame_schema")" = 1 ] || fail "is created again"

# Tables of the version before: told how, and brought up to date.
ask "DROP TABLE fleet.sensors" >/dev/null
ask "TRUNCATE TABLE fleet.dnsblame_schema" >/dev/null
ask "INSERT INTO fleet.dnsblame_schema (version) VALUES (1)" >/dev/null
! "$DNSBLAME" report --from "$url" 2>"$folder/err" || fail "reports from tables of the version before"
grep -q -- "version 1, .* version 2: .*--create" "$folder/err" || fail "$(cat "$folder/err")"
"$DNSBLAME" ship --create --to "$url" || fail "the version before is not brought up to date"
[ "$(ask "SELECT count() FROM fleet.sensors")" = 0 ] || fail "no table of sensors"
