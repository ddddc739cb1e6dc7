#!/bin/bash
# After a restart, also one by kill -9, outages go on, and failures remembered from before are nobody's new fault.
. tests/live/lib.sh
add_cable 1

outages() { sqlite3 "$folder/w.db" "SELECT count(*) FROM outages"; }
incidents() { "$DNSBLAME" list --db "$folder/w.db" --format json; }

watch -i wire1 --db "$folder/w.db"
replay -i far1 pcaps/refused.kresd.pcap
is_stored() { [ "$(incidents 2>/dev/null | wc -l)" -ge 1 ]; }
comes_true is_stored || fail "nothing is stored while it runs"
kill -KILL $watcher
wait $watcher 2>/dev/null
first=$(incidents | verdicts outage cause | sort -u)
[ -n "$first" ] || fail "kill -9 took everything"

# The same zone, right after: the same outage.
watch -i wire1 --db "$folder/w.db" --format json
replay -i far1 pcaps/refused.kresd.pcap
sleep 0.5
stop 0
second=$(verdicts outage cause <"$folder/out" | sort -u)
[ "$first" = "$second" ] || fail "the outage does not go on: $first, then $second"
! grep -q '"event":"outage-opened"' "$folder/out" || fail "it is said to begin again"

# Only the clients' side is seen of failures that are remembered from before.
tcpdump -n -r pcaps/refused.kresd.pcap -w "$folder/clients.pcap" net 10.20.0.0/16 2>/dev/null
watch -i wire1 --db "$folder/w.db" --format json
replay -i far1 "$folder/clients.pcap"
sleep 0.5
stop 0
verdicts cause <"$folder/out" | sort -u >"$folder/causes"
[ -s "$folder/causes" ] || fail "nothing is found on the clients' side"
! grep -v '^unattributed\.' "$folder/causes" || fail "somebody is blamed for what was not seen"
