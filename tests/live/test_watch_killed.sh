#!/bin/bash
# What kill -9 took from the figures, and what two captures of the same packets add to them, the report says.
. tests/live/lib.sh
add_cable 1
trusts() { "$DNSBLAME" report --db "$1" | tr '\n' ' ' | tr -s ' ' | grep -qF "$2"; }

watch -i wire1 --db "$folder/w.db"
replay -i far1 pcaps/refused.kresd.pcap
is_stored() { [ "$("$DNSBLAME" list --db "$folder/w.db" 2>/dev/null | wc -l)" -eq 3 ]; }
comes_true is_stored || fail "nothing is stored while it runs"
kill -KILL $watcher
wait $watcher 2>/dev/null
watch -i wire1 --db "$folder/w.db"
replay -i far1 pcaps/silent.kresd.pcap
stop 0
trusts "$folder/w.db" "because the program was killed: shares are too high there" ||
    fail "the killed one's minute: $("$DNSBLAME" report --db "$folder/w.db" | grep -A9 '^How far')"

# One capture twice, as two files.
cp pcaps/refused.kresd.pcap "$folder/one.pcap"
tcpdump -n -r "$folder/one.pcap" -w "$folder/other.pcap" 'not arp' 2>/dev/null
"$DNSBLAME" read --quiet --db "$folder/r.db" "$folder/one.pcap" >"$folder/out" || fail "read"
! trusts "$folder/r.db" "several captures" || fail "one capture is told to be several"
"$DNSBLAME" read --quiet --db "$folder/r.db" "$folder/other.pcap" >"$folder/out" || fail "read"
trusts "$folder/r.db" "The same packets were stored from several captures, read or watched: 3 SERVFAILs" ||
    fail "twice the same: $("$DNSBLAME" report --db "$folder/r.db" | grep -A9 '^How far')"
