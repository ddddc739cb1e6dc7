# The report of a fleet says what that of the sensors' databases says, and their sum; the ready queries and the
# dashboard's are queries.
set -eu
folder=$(mktemp -d)
. tests/fleet/clickhouse.sh
trap 'clickhouse_kill; rm -rf "$folder"' EXIT
clickhouse_configure ""
clickhouse_start

databases=()
for resolver in kresd named unbound; do
    # A part of them: failures of all kinds.
    "$DNSBLAME" read -q --sensor "at $resolver's" --db "$folder/$resolver.db" pcaps/[a-d]*."$resolver".pcap >/dev/null
    "$DNSBLAME" ship --create --to "$url" --db "$folder/$resolver.db" --once >"$folder/out" 2>&1 ||
        fail "ship: $(cat "$folder/out")"
    databases+=(--db "$folder/$resolver.db")
done

# alike OPTION...: out of ClickHouse and out of the databases, but for where it comes from and when.
alike() {
    "$DNSBLAME" report --from "$url" --format json "$@" >"$folder/fleet.json" 2>"$folder/err" ||
        fail "report --from: $(cat "$folder/err")"
    "$DNSBLAME" report "${databases[@]}" --format json "$@" >"$folder/databases.json" || fail "report --db"
    for file in fleet databases; do
        grep -v '^ "made"\|^   "database"' "$folder/$file.json" >"$folder/$file.rows"
    done
    cmp -s "$folder/fleet.rows" "$folder/databases.rows" ||
        fail "$*: $(diff "$folder/fleet.rows" "$folder/databases.rows" | head -20)"
    [ "$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["spans"]["now"]["traffic"]["servfails"])' "$folder/fleet.json")" -gt 0 ] ||
        fail "$*: there is nothing to compare"
}
day=$("$DNSBLAME" report "${databases[@]}" --format json | sed -n 's/^ "day": "\(.*\)",/\1/p')
first=$(sqlite3 "$folder/named.db" "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', min(time_ns) / 1e9 + 31.7, 'unixepoch') FROM incidents")
last=$(sqlite3 "$folder/kresd.db" "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(time_ns) / 1e9 - 47.1, 'unixepoch') FROM incidents")
resolver=$(sqlite3 "$folder/kresd.db" "SELECT resolver FROM incidents GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
alike
alike --day "$day" --timezone Asia/Kathmandu
alike --from "$first" --to "$last"
alike --from "${day%-*}-01" --to "$day"T23:00:00Z
alike --from "$((${day%%-*} - 1))-01-01" --to "$day"T23:00:00Z
alike --resolver "$resolver" --from "$first"
alike --sensor "at named's" --sensor "at kresd's"

# Its figures are the sum of the sensors', and outages that they share are there once.
alike
for resolver in kresd named unbound; do
    "$DNSBLAME" report --db "$folder/$resolver.db" --format json >"$folder/$resolver.json"
done
python3 - "$folder" <<'END' || fail "the sum"
import json, sys
read = lambda name: json.load(open(f"{sys.argv[1]}/{name}.json"))
fleet, single = read("fleet"), [read(name) for name in ("kresd", "named", "unbound")]
now = lambda report: report["spans"]["now"]["traffic"]
for key in ("questions", "responses", "unanswered", "servfails", "cached"):
    assert now(fleet)[key] == sum(now(report)[key] for report in single), key
for cause, count in now(fleet)["causes"].items():
    assert count == sum(now(report)["causes"].get(cause, 0) for report in single), cause
for sensor, report in zip(fleet["sensors"], single):
    assert sensor["now"]["servfails"] == now(report)["servfails"]
assert fleet["outages_total"] < sum(report["outages_total"] for report in single)
shared = [outage for outage in fleet["outages"] if len(outage["parts"]) == 3]
assert shared and all(outage["servfails"] == sum(part["servfails"] for part in outage["parts"]) for outage in shared)
assert {outage["scope"] for outage in fleet["outages"]} >= {"everywhere", None}, "scopes"
END

# The other formats, the letter and an incident's story.
for format in text markdown html; do
    "$DNSBLAME" report --from "$url" --format $format >"$folder/fleet" 2>"$folder/err" || fail "$format"
    "$DNSBLAME" report "${databases[@]}" --format $format >"$folder/databases"
    diff "$folder/fleet" "$folder/databases" | grep '^[<>]' | grep -v 'Made <time\|dnsblame \|show\|list\|curl\|choose those\|^[<>] row\|^[<>] *\(```\)\{0,1\}$' &&
        fail "$format differs"
    grep -q "It fails at every sensor that asked" "$folder/fleet" || fail "$format does not compare sensors"
done
zone=$(python3 -c 'import json, sys
print(next(o["zone"] for o in json.load(open(sys.argv[1]))["outages"] if o["scope"] == "everywhere"))' "$folder/fleet.json")
"$DNSBLAME" report --from "$url" --zone "$zone" >"$folder/fleet" || fail "no letter about $zone"
"$DNSBLAME" report "${databases[@]}" --zone "$zone" | cmp -s - "$folder/fleet" || fail "another letter about $zone"
id=$(sqlite3 "$folder/named.db" "SELECT printf('%016x', identity) FROM incidents ORDER BY evidence_total DESC LIMIT 1")
"$DNSBLAME" show --from "$url" "$id" >"$folder/fleet" || fail "show"
"$DNSBLAME" show --db "$folder/named.db" "$id" | cmp -s - "$folder/fleet" || fail "another story of $id"
! "$DNSBLAME" show --from "$url" 00000000000000ff 2>"$folder/err" || fail "shows what is not there"

# The commands that it prints lead to incidents.
"$DNSBLAME" report --from "$url" >"$folder/out"
command=$(grep -m 1 "curl -sS .* AND outage = " "$folder/out")
[ "$(eval "$command" | grep -c '│ 20')" -gt 0 ] || fail "nothing comes of $command"
"$DNSBLAME" show $(grep -m 1 -o -- "--from http.*" "$folder/out") >/dev/null || fail "the example is not found"

# What is not there is said.
! "$DNSBLAME" report --from "${url%fleet}nowhere" 2>"$folder/err" || fail "reports on no database"
grep -q nowhere "$folder/err" || fail "$(cat "$folder/err")"
! "$DNSBLAME" report --from "$url" --sensor nobody 2>"$folder/err" || fail "reports on no sensor"
ask "INSERT INTO fleet.dnsblame_schema (version) VALUES (99)"
! "$DNSBLAME" report --from "$url" 2>"$folder/err" || fail "does not look at the version"
grep -q 99 "$folder/err" || fail "$(cat "$folder/err")"

# Each ready query is one, most find something in a day of the captures; so is each of the dashboard.
found=0
for query in dist/clickhouse/queries/*.sql; do
    sed "s/now()/toDateTime('$day 23:59:59')/g" "$query" >"$folder/query"
    curl -sS --fail-with-body "${url%fleet}?database=fleet" --data-binary @"$folder/query" >"$folder/rows" ||
        fail "$query: $(head -c 500 "$folder/rows")"
    [ -s "$folder/rows" ] && found=$((found + 1))
done
[ $found -ge 7 ] || fail "only $found ready queries found something"
python3 - "${url%fleet}" "$day" <<'END' || fail "the dashboard"
import datetime, json, sys, urllib.error, urllib.request
dashboard = json.load(open("dist/grafana/dnsblame-fleet.json"))
until = int(datetime.datetime.fromisoformat(sys.argv[2] + "T23:59:00+00:00").timestamp()) * 1000
names = "'at kresd\\'s', 'at named\\'s', 'at unbound\\'s'"
queries = [t["query"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
queries += [one["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
assert len(queries) > 15 and len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
for query in queries:
    for name, value in (("$__interval_ms", 60000), ("$__from", until - 86340000), ("$__to", until), ("$sensor", names)):
        query = query.replace(name, str(value))
    assert "$" not in query, query
    try:
        answer = urllib.request.urlopen(sys.argv[1] + "?database=fleet", (query + " FORMAT JSON").encode()).read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{query}: {error.read()[:300]}")
    rows = json.loads(answer)["data"]
    assert not rows or "series" not in rows[0] or rows[0]["series"], query
END
echo "the fleet's report is that of its sensors"
