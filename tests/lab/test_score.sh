#!/bin/bash
# The judge lets the truth pass and fails a program that misses, invents or blames wrongly.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/truth.json" <<'JSON'
{"captures": ["truth.pcap"], "scenario": "made-up", "resolver": "none", "answers": [
 {"client": "10.0.0.1", "client_port": 1000, "id": 7, "qname": "a.example.", "qtype": "A",
  "rcode": "SERVFAIL", "time": "2026-01-02T03:04:05.000006000Z", "accepted": ["lame.refused"],
  "zone": ["example."], "servers": ["192.0.2.1"], "servers_required": true},
 {"client": "10.0.0.1", "client_port": 1001, "id": 8, "qname": "b.example.", "qtype": "A",
  "rcode": "NOERROR", "time": "2026-01-02T03:04:06.000000000Z"}]}
JSON

incident() { # PORT CAUSE
    printf '{"client": "10.0.0.1", "client_port": %s, "id": 7, "qname": "a.example.", "qtype": "A",' "$1"
    printf '"time": "2026-01-02T03:04:05.000006000Z", "cause": "%s", "zone": "example.",' "$2"
    printf '"servers": [{"address": "192.0.2.1"}], "explanation": "because"}\n'
}

program() { # says what it is given on stdin
    { echo '#!/bin/sh'; echo "cat <<'END'"; cat; echo END; } > "$folder/program"
    chmod +x "$folder/program"
}

judged() { # EXPECTED-STATUS CLAIM
    status=0
    python3 tests/lab/score --dnsblame "$folder/program" "$folder/truth.json" > "$folder/out" || status=$?
    [ "$status" = "$1" ] || { echo "not so: $2"; cat "$folder/out"; exit 1; }
}

incident 1000 lame.refused | program
judged 0 "the truth passes"
python3 tests/lab/score --table --dnsblame "$folder/program" "$folder/truth.json" > "$folder/out"
grep -q '^| lame | 1 | 0 | 0 | 1 (100.0 %) | 1 (100.0 %) | 0 (0.0 %) |' "$folder/out" ||
    { echo "not so: the table counts by family"; cat "$folder/out"; exit 1; }
program < /dev/null
judged 1 "a missed SERVFAIL fails"
{ incident 1000 lame.refused; incident 1001 lame.refused; } | program
judged 1 "an invented SERVFAIL fails"
incident 1000 zone.servfail | program
judged 1 "a wrong cause fails"
incident 1000 unattributed.no-evidence | program
judged 1 "no cause where one is known fails"
