#!/bin/bash
# What ends and what gets worse, told days before: captures of the lab, moved in time.
. tests/cli/lib.sh
ls pcaps/mix.named.pcap.gz >/dev/null 2>&1 || { echo "no captures"; exit 77; }
command -v python3 >/dev/null || { echo "no python3 to move captures in time"; exit 77; }
retime=tests/lab/retime

# keep FILE ARGUMENT...: a capture, moved so, comes into the database.
keep() {
    python3 $retime "pcaps/$1" "${@:2}" >"$folder/$2$1.pcap" || fail "retime $*"
    run read -q --db "$folder/db" "$folder/$2$1.pcap"
    exits 0
}

# The lab's signatures over orchard.com. were valid for ten days and expired a moment before the capture:
# days earlier they near their end. What has more than a third of its life left may yet be renewed.
ends() {
    rm -f "$folder"/db*
    keep expired-lately.unbound.pcap $(($1 * -86400))
    run report --db "$folder/db" --format csv --table expiring
    exits 0
    [ "$(tail -n +2 "$folder/out" | cut -d, -f1,2 | tr -d '\r' | paste -sd ' ')" = "$2" ] ||
        fail "$1 days before its end: $out"
}
ends 0 ""
ends 1 "orchard.com.,A orchard.com.,DNSKEY"
ends 3 "orchard.com.,A orchard.com.,DNSKEY"
ends 4 ""

# A day later one server's answers take 60 ms more: the one that was asked a hundred times each day is told.
slower() { grep ',true' "$folder/out" | cut -d, -f1 | paste -sd ' '; }
rm -f "$folder"/db*
keep mix.named.pcap.gz -86400
keep mix.named.pcap.gz 0 2a02:c7:1cb::2 60
run report --db "$folder/db" --day 2026-11-21 --format csv --table upstream
exits 0
[ "$(slower)" = 2a02:c7:1cb::2 ] || fail "servers that get slower: $(slower)"
run report --db "$folder/db" --day 2026-11-21
says "2a02:c7:1cb::2 gets slower"

# One that was asked less often is not.
rm -f "$folder"/db*
keep mix.named.pcap.gz -86400
keep mix.named.pcap.gz 0 2001:67c:222::10 60
run report --db "$folder/db" --day 2026-11-21 --format csv --table upstream
exits 0
grep -q "^2001:67c:222::10" "$folder/out" || fail "it was asked: $out"
[ -z "$(slower)" ] || fail "servers that get slower: $(slower)"
