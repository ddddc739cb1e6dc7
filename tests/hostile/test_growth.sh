#!/bin/bash
# The database does not follow floods: its tables grow with their logarithm, and the report says what stands on samples.
# Sanitizers take long for it, and the unit tests show them the same.
grep -aq __asan_init "$DNSBLAME" && exit 77
growth() { python3 tests/hostile/growth --flood "$FLOOD" --samples 10 "$@" || exit 1; }
growth --events 10000 40000 servfails failing-zones delegations lonely-zones signatures
growth --events 2000 8000 failing-resolvers forged-resolvers

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$FLOOD" signatures 3000 1 >"$folder/flood.pcap" && "$DNSBLAME" read -q --db "$folder/x.db" "$folder/flood.pcap" >/dev/null &&
    "$DNSBLAME" report --db "$folder/x.db" --from 2026-09-21 --to 2026-09-22 --format json >"$folder/report.json" || exit 1
python3 - "$folder/report.json" "$folder/x.db" <<'EOF'
import json, sqlite3, sys
capture = json.load(open(sys.argv[1], encoding="utf-8"))["capture"]
unstored = sum(loss["count"] for loss in capture["losses"] if loss["reason"] == "forecasts")
stored, = sqlite3.connect(sys.argv[2]).execute("SELECT count(*) FROM signatures").fetchone()
assert stored < 3000 and stored + unstored == 3000, (stored, unstored)
assert any("stands on samples" in sentence for sentence in capture["trust"]), capture["trust"]
EOF
