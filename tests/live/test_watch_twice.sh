#!/bin/bash
# Who watches an interface a second time into the same database would count all twice: that is refused, until the
# first has ended, however it did.
. tests/live/lib.sh
add_cable 1
add_cable 2

second() { timeout 20 ip netns exec $namespace "$DNSBLAME" watch --db "$folder/w.db" "$@" >"$folder/second" 2>&1; }

watch -i wire1 --db "$folder/w.db"
second --sensor here -i wire1
[ $? -eq 1 ] || fail "it watches the same twice"
grep -q "wire1 is already being watched into this database, as sensor here" "$folder/second" ||
    fail "it does not say why: $(cat "$folder/second")"
second --sensor here -i wire2 -i wire1
[ $? -eq 1 ] || fail "it watches the same twice beside another"
kill -0 $watcher || fail "the first one ended"
replay -i far1 pcaps/refused.kresd.pcap
first=$watcher
watch -i wire2 --db "$folder/w.db"
stop 0
kill -KILL "$first"
wait "$first" 2>/dev/null
watch -i wire1 --db "$folder/w.db"
stop 0
