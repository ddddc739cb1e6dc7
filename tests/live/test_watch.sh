#!/bin/bash
# What is seen on an interface is judged as in a file: as `read` judges what tcpdump wrote beside it, and as it
# judges the capture that was replayed.
. tests/live/lib.sh

add_cable 1
add_cable 2

dump() {
    ip netns exec $namespace tcpdump -Z root -n -U --time-stamp-precision nano -i wire1 -w "$folder/beside.pcap" 2>"$folder/tcpdump" &
    dumper=$!
    comes_true grep -q 'listening on' "$folder/tcpdump" || fail "tcpdump: $(cat "$folder/tcpdump")"
}

count() { tcpdump -n -r "$1" 2>/dev/null | wc -l; }
# On a busy machine tcpdump lags behind.
is_dumped() { [ "$(count "$folder/beside.pcap")" -ge "$sent" ]; }

sent=$(($(count pcaps/refused.kresd.pcap) + $(count pcaps/auth-servfail.kresd.pcap)))
dump
watch -i wire1 --db "$folder/w.db" --format json
replay -i far1 pcaps/refused.kresd.pcap
replay -i far1 pcaps/auth-servfail.kresd.pcap
comes_true is_dumped || fail "tcpdump did not see all"
sleep 0.5
stop 0
kill -INT $dumper
wait $dumper

grep '"incident"' "$folder/out" >"$folder/printed"
without_frames <"$folder/printed" >"$folder/live"
"$DNSBLAME" read --sensor here --grace 1 --format json "$folder/beside.pcap" | without_frames >"$folder/read"
[ -s "$folder/live" ] || fail "nothing was printed"
diff "$folder/live" "$folder/read" || fail "watch and read differ"
"$DNSBLAME" list --db "$folder/w.db" --format json | verdicts incident cause zone >"$folder/listed"
verdicts incident cause zone <"$folder/printed" | diff "$folder/listed" - || fail "what is stored is not what is printed"
for capture in refused.kresd auth-servfail.kresd; do
    "$DNSBLAME" read --format json pcaps/$capture.pcap | verdicts client client_port id qname cause zone confidence
done | sort >"$folder/original"
verdicts client client_port id qname cause zone confidence <"$folder/printed" | diff "$folder/original" - ||
    fail "the replayed capture is judged otherwise"
grep -q '"event":"outage-opened".*"cause":"lame.refused"' "$folder/out" || fail "no outage begins"

# The clients' packets come by one interface, the servers' by another.
inside tcpprep --cidr=10.20.0.0/16 --pcap=pcaps/refused.kresd.pcap --cachefile="$folder/cache" >/dev/null ||
    fail "tcpprep"
watch -i wire1 -i wire2 --db "$folder/two.db" --format json
replay -i far1 -I far2 --cachefile="$folder/cache" pcaps/refused.kresd.pcap
sleep 0.5
stop 0
"$DNSBLAME" read --format json pcaps/refused.kresd.pcap | verdicts client id qname cause zone >"$folder/original"
verdicts client id qname cause zone <"$folder/out" | diff "$folder/original" - || fail "two interfaces"
[ "$(sqlite3 "$folder/two.db" "SELECT group_concat(name) FROM (SELECT name FROM sources WHERE packets > 0 ORDER BY name)")" = \
    wire1,wire2 ] || fail "the sources: $(sqlite3 "$folder/two.db" 'SELECT name, packets FROM sources')"

# All interfaces at once, and a filter of the user's.
watch -i any --format json udp port 53
replay -i far1 -I far2 --cachefile="$folder/cache" pcaps/refused.kresd.pcap
sleep 0.5
stop 0
[ -s "$folder/out" ] || fail "any shows nothing"
"$DNSBLAME" read --format json pcaps/refused.kresd.pcap | verdicts qname cause | sort -u >"$folder/original"
verdicts qname cause <"$folder/out" | sort -u | diff "$folder/original" - || fail "any"

# Judgement does not wait for DNS where other packets come all the time.
watch -i wire1 --format json udp
replay -i far1 pcaps/refused.kresd.pcap
ip -n $namespace address add 192.0.2.1/24 broadcast 192.0.2.255 dev far1
inside python3 -c 'import socket, time
noise = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
noise.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
while True: noise.sendto(b"", ("192.0.2.255", 9)); time.sleep(0.2)' &
disown
all_are_told() { [ "$(verdicts qname <"$folder/out" | wc -l)" = "$(wc -l <"$folder/original")" ]; }
"$DNSBLAME" read --format json pcaps/refused.kresd.pcap | verdicts qname >"$folder/original"
comes_true all_are_told || fail "not all is told while there is no DNS"
stop 0
