#!/bin/bash
# Names that were chosen to hurt, and an interface with such a name, break nothing that Prometheus fetches.
. tests/live/lib.sh
command -v curl >/dev/null || { echo "skipped: curl is not there"; exit 77; }

wire='w"{}\1'
ip -n $namespace link add "$wire" type veth peer name far1 || fail "no veth"
ip -n $namespace link set "$wire" up
ip -n $namespace link set far1 up
python3 tests/hostile/names --write "$folder/names.pcap" || fail "no capture"
watch -i "$wire" --metrics 9353 --db "$folder/w.db"
replay -i far1 "$folder/names.pcap"

fetch() { inside curl -s --max-time 5 -o "$folder/page" http://127.0.0.1:9353/metrics; }
is_right() { fetch && python3 tests/hostile/names --metrics "$folder/page" 2>"$folder/why"; }
comes_true is_right || fail "$(cat "$folder/why")"
grep -qxF 'dnsblame_capture_interface_up{interface="w\"{}\\1"} 1' "$folder/page" || fail "the interface: $(grep _up "$folder/page")"
! command -v promtool >/dev/null || promtool check metrics <"$folder/page" || fail "promtool"
stop 0
