# The report's figures are those of the incidents, in every format, whatever the span and the names.
. tests/cli/lib.sh
generate=$(dirname "$DNSBLAME")/tests/bench_generate_database
figures=tests/report/figures.py
command -v python3 >/dev/null || { echo "no python3 to count by another way"; exit 77; }

# agrees DATABASE INCIDENTS TIMEZONE SPAN...: counted one by one, the figures are the same.
agrees() {
    local database=$1 incidents=$2 zone=$3
    shift 3
    run report --db "$database" --timezone "$zone" --format json "$@"
    exits 0; is_silent
    python3 $figures "$folder/out" "$incidents" "$database" "$zone" >"$folder/figures" 2>&1 ||
        fail "figures of $* in $zone: $(cat "$folder/figures")"
    grep -q "^[1-9][0-9]* incidents" "$folder/figures" || fail "nothing was counted: $(cat "$folder/figures")"
}

# Real captures.
captures=$(ls pcaps/*.named.pcap 2>/dev/null)
if [ -n "$captures" ]; then
    # shellcheck disable=SC2086
    run read -q --samples 0 --db "$folder/lab.db" --sensor lab $captures
    exits 0
    run list --db "$folder/lab.db" --format json
    cp "$folder/out" "$folder/lab.jsonl"
    agrees "$folder/lab.db" "$folder/lab.jsonl" UTC
fi

# Two days and more of a busy resolver, with hostile names: whole days, a part of one, a day of 25 hours.
"$generate" "$folder/all.db" 600 3 all 1792800000 || fail "the generator"
run list --db "$folder/all.db" --format json
cp "$folder/out" "$folder/all.jsonl"
agrees "$folder/all.db" "$folder/all.jsonl" UTC --day 2026-10-25
agrees "$folder/all.db" "$folder/all.jsonl" Europe/Berlin --day 2026-10-25
[ "$(grep -c '"hour"' "$folder/out")" -eq 25 ] || fail "25 hours"
agrees "$folder/all.db" "$folder/all.jsonl" Asia/Kolkata --day 2026-10-26
agrees "$folder/all.db" "$folder/all.jsonl" UTC --from 2026-10-24T13:07:11.5Z --to 2026-10-25T03:10:05Z
agrees "$folder/all.db" "$folder/all.jsonl" UTC

# Samples change no count.
"$generate" "$folder/few.db" 600 3 2 1792800000 || fail "the generator"
for table in periods resolvers categories causes zones servers hours intervals elapsed upstream changes; do
    for database in all few; do
        run report --db "$folder/$database.db" --day 2026-10-25 --format csv --table $table
        exits 0; is_silent
        # Which incident is the example is another matter.
        python3 -c 'import csv, sys
for row in csv.DictReader(sys.stdin): row.pop("example", None); print(row)' <"$folder/out" >"$folder/$database.rows"
    done
    [ -s "$folder/all.rows" ] || fail "table $table is empty"
    cmp -s "$folder/all.rows" "$folder/few.rows" || fail "samples change table $table: $(diff "$folder/all.rows" "$folder/few.rows")"
done
run report --db "$folder/few.db" --day 2026-10-25
says "SERVFAILs are kept with their evidence, as samples"

# CSV: CRLF, a table a file, no formulas.
run report --db "$folder/all.db" --day 2026-10-25 --format csv -o "$folder/tables"
exits 0; is_silent
python3 - "$folder/tables" <<'END' || fail "CSV"
import csv, pathlib, sys
files = list(pathlib.Path(sys.argv[1]).iterdir())
assert len(files) >= 19, files
for path in files:
    raw = path.read_bytes()
    assert raw.endswith(b"\r\n") and raw.count(b"\n") == raw.count(b"\r\n"), path
    assert not any(byte < 32 and byte not in (10, 13) for byte in raw), path
    rows = list(csv.reader(path.open(newline="", encoding="utf-8"), strict=True))
    assert all(len(row) == len(rows[0]) for row in rows), path
    assert not any(cell[:1] in ("=", "+", "-", "@", "|", "%") for row in rows for cell in row), path
zones = list(csv.DictReader((pathlib.Path(sys.argv[1]) / "zones.csv").open(newline="", encoding="utf-8")))
assert any(row["zone"] == "'=cmd|calc.example." for row in zones), zones
assert any(row["zone"].startswith("<script>") for row in zones), zones
END
run report --db x --format csv
exits 2; complains "--table"
run report --db x --format csv --table nosuch
exits 2; complains "outages"
run report --db x --table zones
exits 2

# Markdown: nothing of a name becomes HTML, a cell or code. Text: nothing reaches the terminal.
run report --db "$folder/all.db" --day 2026-10-25 --format markdown
exits 0; is_silent; says '&lt;script&gt;'
python3 - "$folder/out" <<'END' || fail "Markdown"
import re, sys
fenced, columns = False, 0
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("```"):
        fenced = not fenced
    elif not fenced:
        assert "<" not in line, line
        cells = len(re.findall(r"(?<!\\)\|", re.sub(r"\\\\", "", line)))
        if line.startswith("|"):
            assert columns in (0, cells), line
        columns = cells if line.startswith("|") else 0
assert not fenced
END
run report --db "$folder/all.db" --day 2026-10-25
exits 0; is_silent; says "<script>alert"
! LC_ALL=C grep -q '[[:cntrl:]]' <(tr -d '\n' <"$folder/out") || fail "control characters"
says "Signatures that expire soon"; says "expires-in-3.example."; says_not "expires-in-9.example."
says "one-left.example."; says "lonely.example."; says "none-left.example."; says "partly.example."
says_not "well-again.example."; says "198.18.7.1 gets slower"
# The way from a figure to its incidents works as it is printed.
run report --db "$folder/all.db" --day 2026-10-25 --format markdown
python3 - "$DNSBLAME" "$folder/out" <<'END' || fail "the commands do not list their outages"
import re, subprocess, sys
figure, found = None, 0
for line in open(sys.argv[2], encoding="utf-8"):
    counted = re.search(r"([\d,]+) SERVFAILs?, ", line)
    figure = int(counted.group(1).replace(",", "")) if counted else figure
    if "dnsblame list" in line and "--outage" in line and found < 5:
        listed = subprocess.run(line.strip().replace("dnsblame", sys.argv[1], 1) + " --format json", shell=True,
                                capture_output=True, check=True).stdout.count(b"\n")
        assert listed == figure, (line, listed, figure)
        found += 1
assert found == 5
END

# The documented names are those that are printed.
run report --db "$folder/all.db" --day 2026-10-25 --format json
python3 - "$folder/out" report/SCHEMA.md <<'END' || fail "report/SCHEMA.md"
import json, re, sys
report, text = json.load(open(sys.argv[1], encoding="utf-8")), open(sys.argv[2], encoding="utf-8").read()
names = set()
def collect(value, key=None):
    if isinstance(value, dict):
        for name, inner in value.items():
            if key != "causes":
                names.add(name)
            collect(inner, name)
    elif isinstance(value, list):
        for inner in value:
            collect(inner)
collect(report)
documented = set(re.findall(r"`([a-z0-9_]+)`", text))
assert names <= documented, names - documented
assert report["schema"] == int(re.search(r"`schema` is (\d+)", text).group(1))
END

# A day that nobody captured.
run report --db "$folder/all.db" --day 2020-02-29
exits 0; is_silent; says "No capture covers this time"; says_not "0.0 %"
run report --db "$folder/all.db" --day 2020-02-29 --format json
says '"traffic": null'

# Several sensors are a report with a column each.
"$generate" "$folder/two.db" 300 3 all 1792800000
sqlite3 "$folder/two.db" "UPDATE runs SET sensor = 'another'"
run report --db "$folder/all.db" --db "$folder/two.db" --day 2026-10-25 --format json
exits 0; is_silent
python3 - "$folder/out" <<'END' || fail "two sensors"
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
sensors = [sensor["now"]["servfails"] for sensor in report["sensors"]]
assert len(sensors) == 2 and all(sensors)
assert sum(sensors) == report["spans"]["now"]["traffic"]["servfails"]
for row in report["causes"] + report["categories"] + report["tops"]["zones"]["rows"]:
    assert sum(row["by_sensor"]) == row["servfails"], row
END
run report --db "$folder/all.db" --db "$folder/two.db" --day 2026-10-25
says "Sensors"

# What one sensor saw is not said twice, and who was not seen gets no all-clear.
run report --db "$folder/all.db" --db "$folder/all.db" --day 2026-10-25
exits 1; grep -q "are both of sensor" "$folder/err" || fail "one sensor confirms itself"
run report --db "$folder/all.db" --day 2026-10-25 --resolver 203.0.113.99
exits 1; grep -q "nothing was seen of resolver 203.0.113.99" "$folder/err" || fail "an all-clear of nobody"

# The letter names no client, also none that is hidden in a name.
hostile_capture() {
    pcap_begin "$1"
    dns_packet "$1" 1767225600 0 10 40000 1 53 100 0100 192-0-2-10
    dns_packet "$1" 1767225600 1000 1 50000 53 53 200 0000 192-0-2-10
    dns_packet "$1" 1767225600 3000 53 53 1 50000 200 8005 192-0-2-10
    dns_packet "$1" 1767225600 5000 1 53 10 40000 100 8182 192-0-2-10
}
hostile_capture "$folder/a.pcap"
run read -q --db "$folder/letter.db" "$folder/a.pcap"
says "192-0-2-10"
zone=$("$DNSBLAME" list --db "$folder/letter.db" --format json | sed -n 's/.*"zone":"\([^"]*\)","servers".*/\1/p')
if [ -n "$zone" ]; then
    for format in text markdown; do
        run report --db "$folder/letter.db" --zone "$zone" --format $format
        exits 0; is_silent; says "Subject: "; says "RFC 1912"; says "REFUSED"; says "2026-01-01T00:00:00"
        says "192.0.2.53"; says_not "192.0.2.10"; says_not "192-0-2-10"
    done
fi
run report --db "$folder/letter.db" --zone nosuch.example
exits 1; complains "no SERVFAIL"
run report --db "$folder/letter.db" --zone example --format json
exits 2
