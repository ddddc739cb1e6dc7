# What a sensor has found arrives in ClickHouse once, whatever is shipped how often.
set -eu
folder=$(mktemp -d)
. tests/fleet/clickhouse.sh
follower=
trap 'kill $follower 2>/dev/null || true; clickhouse_kill; rm -rf "$folder"' EXIT
clickhouse_configure ""
clickhouse_start

ship() { "$DNSBLAME" ship --to "$url" "$@" >"$folder/out" 2>&1; }
same() { tests/fleet/compare "$url" "$@" >"$folder/out" || fail "$(cat "$folder/out")"; }
count() { ask "SELECT count() FROM fleet.$1 FINAL WHERE NOT removed"; }
read_into() {
    local database=$1 sensor=$2
    shift 2
    "$DNSBLAME" read -q --sensor "$sensor" --db "$folder/$database" "$@" >/dev/null
}

read_into a.db alpha pcaps/tld-dead.named.pcap pcaps/dnssec-bad-ds.unbound.pcap
read_into b.db beta pcaps/auth-servfail.kresd.pcap pcaps/tld-dead.named.pcap

# Without tables it says what to do, and remembers nothing.
! ship --db "$folder/a.db" --once || fail "shipped to no tables"
grep -q -- "--create" "$folder/out" || fail "no advice: $(cat "$folder/out")"
! "$DNSBLAME" report --from "$url" >"$folder/out" 2>&1 || fail "reports of no tables"
grep -q "has no tables" "$folder/out" || fail "does not say what is not there: $(cat "$folder/out")"
[ -z "$(ls "$folder" | grep shipped || true)" ] || fail "remembers what was not shipped"

ship --create || fail "create: $(cat "$folder/out")"
ship --create --db "$folder/a.db" --once || fail "$(cat "$folder/out")"
ship --db "$folder/b.db" --once || fail "$(cat "$folder/out")"
same "$folder/a.db" "$folder/b.db"
[ "$(count incidents)" -gt 5 ] || fail "only $(count incidents) incidents"

# An incident is found by what dnsblame prints, with its evidence.
id=$("$DNSBLAME" list --db "$folder/a.db" --limit 1 --format json | sed 's/.*"incident": *"\([0-9a-f]*\)".*/\1/')
[ "$(ask "SELECT count() FROM fleet.incidents WHERE id = '$id' AND position(evidence, 'exchanges') > 0")" = 1 ] ||
    fail "$id is not found"

# Nothing is new: nothing is sent. What was shipped is forgotten: all comes again, and counts once.
ship --db "$folder/a.db" --once
grep -q '^0 rows shipped' "$folder/out" || fail "sent again: $(cat "$folder/out")"
for _ in 1 2 3; do
    rm "$folder"/a.db.shipped-*
    ship --db "$folder/a.db" --once
done
same "$folder/a.db" "$folder/b.db"
before=$(ask "SELECT sum(incidents) FROM fleet.servfails_hourly FINAL")
ask "OPTIMIZE TABLE fleet.servfails_hourly FINAL" >/dev/null
[ "$(ask "SELECT sum(incidents) FROM fleet.servfails_hourly")" = "$before" ] || fail "the roll-up counts repeats"

# A file that says nothing sensible is as good as none.
for file in "$folder"/a.db.shipped-*; do echo '{"positions": [' >"$file"; done
ship --db "$folder/a.db" --once || fail "$(cat "$folder/out")"
grep -q 'shipped again' "$folder/out" || fail "does not say why: $(cat "$folder/out")"

# The same captures once more, of which only a part is looked at: what is no more goes there, too.
rows=$(count incidents)
read_into b.db beta pcaps/auth-servfail.kresd.pcap 'not host 10.20.1.13'
ship --db "$folder/b.db" --once
same "$folder/a.db" "$folder/b.db"
[ "$(count incidents)" -lt "$rows" ] || fail "what was taken back is still there"
read_into b.db beta pcaps/auth-servfail.kresd.pcap
ship --db "$folder/b.db" --once
same "$folder/a.db" "$folder/b.db"
[ "$(count incidents)" = "$rows" ] || fail "$(count incidents) instead of $rows incidents"

# Another database of the same name is refused before a row of it is there, and the first goes on.
mkdir "$folder/old"
mv "$folder"/a.db* "$folder/old"
read_into a.db alpha pcaps/refused.named.pcap
! ship --db "$folder/a.db" --once || fail "ships two databases of one name"
grep -q "sensor 'alpha' is shipped from another database there, of host $(hostname), since 20.*--take-over" "$folder/out" ||
    fail "does not say whose the name is: $(cat "$folder/out")"
! timeout 20 "$DNSBLAME" ship --db "$folder/a.db" --to "$url" 2>"$folder/out" || fail "follows it"
[ "$(wc -l <"$folder/out")" = 1 ] || fail "goes on trying: $(cat "$folder/out")"
same "$folder/old/a.db" "$folder/b.db"

# A database that was moved, and a backup of it, are the same one.
cp "$folder/old/a.db" "$folder/moved.db"
ship --db "$folder/moved.db" --once || fail "moved: $(cat "$folder/out")"
read_into moved.db alpha pcaps/auth-servfail.named.pcap
ship --db "$folder/moved.db" --once || fail "$(cat "$folder/out")"
cp "$folder/old/a.db" "$folder/moved.db" && rm -f "$folder/moved.db-wal" "$folder/moved.db-shm"
ship --db "$folder/moved.db" --once || fail "a backup: $(cat "$folder/out")"
grep -q 'shipped again' "$folder/out" || fail "does not say why: $(cat "$folder/out")"

# One that takes the place of the first: its verdicts prevail, and the first is told to stop.
rm "$folder/a.db"*
read_into a.db alpha pcaps/tld-dead.named.pcap pcaps/dnssec-bad-ds.unbound.pcap pcaps/auth-servfail.named.pcap
ask "INSERT INTO fleet.sensors (sensor, revision, database) SELECT sensor, revision + 1000000000, database FROM fleet.sensors WHERE sensor = 'alpha'"
ship --db "$folder/a.db" --take-over --once || fail "does not take over: $(cat "$folder/out")"
same "$folder/a.db" "$folder/b.db"
! ship --db "$folder/moved.db" --once || fail "does not stop"
ship --db "$folder/a.db" --once || fail "has lost the name: $(cat "$folder/out")"

# A database from before rows had revisions: all that was there then has the same one, in many batches.
read_into e.db epsilon pcaps/tld-dead.named.pcap
python3 - "$folder/e.db" <<'EOF'
import sqlite3
import sys
database = sqlite3.connect(sys.argv[1])
for table in "incidents", "minutes":
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    changed = {"revision": "0", "identity": "identity + n", "server": "'192.0.2.' || n"}
    values = ", ".join(changed.get(column, column) for column in columns)
    database.execute(f"WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) "
                     f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM c JOIN "
                     f"(SELECT * FROM {table} LIMIT 1)", [{"incidents": 3000, "minutes": 25000}[table]])
database.commit()
EOF
ship --db "$folder/e.db" --once || fail "$(cat "$folder/out")"
same "$folder/a.db" "$folder/b.db" "$folder/e.db"

# What became too old here stays there, also in the sums of its hour, when all is shipped again.
hours() {
    ask "SELECT table, hour, sum(count) FROM
        (SELECT 'minutes' AS table, toStartOfHour(time) AS hour, queries AS count FROM fleet.minutes$1 FINAL WHERE sensor = 'beta'
        UNION ALL SELECT 'servfails', toStartOfHour(time), incidents FROM fleet.servfails$1 FINAL WHERE sensor = 'beta')
        GROUP BY table, hour HAVING sum(count) > 0 ORDER BY table, hour"
}
hours "" >"$folder/hours"
python3 - "$folder/b.db" <<'EOF' || fail "nothing becomes too old in the midst of an hour"
import sqlite3
import sys
database = sqlite3.connect(sys.argv[1])
gone = sum(database.execute(f"DELETE FROM {table} WHERE minute_ns < (SELECT max(minute_ns) FROM {table})").rowcount
           for table in ("minutes", "servfails"))
database.commit()
sys.exit(gone == 0)
EOF
rm "$folder"/b.db.shipped-*
ship --db "$folder/b.db" --once || fail "$(cat "$folder/out")"
hours "" | cmp - "$folder/hours" || fail "what became too old is gone there"
hours _hourly | cmp - "$folder/hours" || fail "the roll-up lacks what became too old"

# Clients that the sensor hides are nowhere.
clients=$("$DNSBLAME" list --db "$folder/a.db" --format json | sed 's/.*"client": *"\([^"]*\)".*/\1/' | sort -u)
ask "DROP DATABASE fleet" >/dev/null
"$DNSBLAME" read -q --sensor gamma --anonymize prefix:16,32 --db "$folder/c.db" pcaps/tld-dead.named.pcap >/dev/null
ship --create --db "$folder/c.db" --once || fail "$(cat "$folder/out")"
same "$folder/c.db"
for table in $(ask "SHOW TABLES FROM fleet"); do
    ask "SELECT * FROM fleet.$table" >>"$folder/all"
done
[ "$(wc -c <"$folder/all")" -gt 10000 ] || fail "nothing there to look at"
for client in $clients; do
    ! grep -qF "$client" "$folder/all" || fail "$client is in ClickHouse"
done

# Tables of another version.
ask "INSERT INTO fleet.dnsblame_schema (version) VALUES (7)" >/dev/null
! ship --db "$folder/c.db" || fail "ships to tables of another version"
grep -q 'version 7,.*version 2$' "$folder/out" || fail "does not name both versions: $(cat "$folder/out")"
! "$DNSBLAME" report --from "$url" >"$folder/out" 2>&1 || fail "reports of tables of another version"
grep -q 'version 7,.*version 2$' "$folder/out" || fail "does not name both versions: $(cat "$folder/out")"
! ship --create || fail "creates over tables of a later version"

# Who to be: from a file that not everybody may read, or from the environment.
ask "DROP DATABASE fleet" >/dev/null
printf 'user = sensor\npassword = s3cret & long\n' >"$folder/credentials"
! ship --create --credentials "$folder/credentials" || fail "takes a file that everybody may read"
chmod 600 "$folder/credentials"
ship --create --credentials "$folder/credentials" --db "$folder/c.db" --once || fail "$(cat "$folder/out")"
export CLICKHOUSE_USER=sensor CLICKHOUSE_PASSWORD=wrong
! ship --db "$folder/c.db" --once || fail "ships with a wrong password"
! grep -q wrong "$folder/out" || fail "tells the password"
CLICKHOUSE_PASSWORD='s3cret & long' ship --db "$folder/c.db" --once || fail "$(cat "$folder/out")"
unset CLICKHOUSE_USER CLICKHOUSE_PASSWORD

# It follows what is written, and ends when it is told to.
"$DNSBLAME" ship --db "$folder/d.db" --to "$url" --every 1 2>"$folder/said" &
follower=$!
sleep 1
read_into d.db delta pcaps/tld-dead.named.pcap
for capture in pcaps/auth-servfail.*.pcap; do read_into d.db delta "$capture"; done
for _ in $(seq 100); do
    tests/fleet/compare "$url" "$folder/d.db" >"$folder/out" 2>&1 && break
    sleep 0.2
done
same "$folder/d.db"
kill $follower
begun=$(date +%s)
wait $follower || fail "ended with $?: $(cat "$folder/said")"
[ $(($(date +%s) - begun)) -le 2 ] || fail "took long to end"
[ "$(wc -l <"$folder/said")" -le 2 ] || fail "talks much: $(cat "$folder/said")"
