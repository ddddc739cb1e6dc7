# What a sensor counts together, as it does in floods of servers and resolvers, comes together in the fleet's report.
set -eu
folder=$(mktemp -d)
. tests/fleet/clickhouse.sh
trap 'clickhouse_kill; rm -rf "$folder"' EXIT
clickhouse_configure ""
clickhouse_start

databases=()
for kind in resolvers servfails zones; do
    "$FLOOD" $kind 8000 10 >"$folder/flood.pcap"
    "$DNSBLAME" read -q --sensor "at $kind" --db "$folder/$kind.db" "$folder/flood.pcap" >/dev/null
    "$DNSBLAME" ship --create --to "$url" --db "$folder/$kind.db" --once >"$folder/out" 2>&1 ||
        fail "ship: $(cat "$folder/out")"
    databases+=(--db "$folder/$kind.db")
done

for span in "" "--from 2026-09-21T14:00:00Z --to 2026-09-21T15:00:00Z" "--from 2026-09-21T14:03:20.5Z --to 2026-09-21T14:30:12Z"; do
    "$DNSBLAME" report --from "$url" --format json $span >"$folder/fleet.json"
    "$DNSBLAME" report "${databases[@]}" --format json $span >"$folder/databases.json"
    for file in fleet databases; do
        grep -v '^ "made"\|^   "database"' "$folder/$file.json" >"$folder/$file.rows"
    done
    cmp -s "$folder/fleet.rows" "$folder/databases.rows" ||
        fail "$span: $(diff "$folder/fleet.rows" "$folder/databases.rows" | head -20)"
done

python3 - "$folder/fleet.json" "$(sqlite3 "$folder/zones.db" "SELECT sum(queries) FROM minutes WHERE server = ''")" \
    "$(sqlite3 "$folder/resolvers.db" "SELECT sum(queries) FROM minutes WHERE server = '' AND NOT is_resolver")" <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["upstream"]["others"]["asked"] == int(sys.argv[2]) + int(sys.argv[3]) > 0, report["upstream"]["others"]
assert all(row["server"] for row in report["upstream"]["rows"]), "a server without an address"
assert [row["sensor"] for row in report["resolvers"] if row["resolver"] == "(others)"] == ["at resolvers"]
# The flood's zone failed at one sensor; the others asked too many servers to know that they did not ask its.
outages = [outage for outage in report["outages"] if outage["scope"] == "not-asked-elsewhere"]
assert outages
for outage in outages:
    assert "unless so seldom that they are not told from others" in outage["comparison"], outage
END
echo "what is counted together comes together"
