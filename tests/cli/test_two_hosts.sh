# Captures of one time from two hosts, by clocks that differ, say what one capture does.
. tests/cli/lib.sh
capture=pcaps/testbed-v4.named.pcap
clients='net 10.20.1.0/24'

# Who asked for what, the cause and the zone; not when.
verdicts() { awk '{ $1 = $2 = $3 = ""; print }' "$folder/out" | sort; }

# reads_alike SECONDS: the clients' capture by a clock that is ahead by that.
reads_alike() {
    tests/lab/retime "$folder/clients.pcap" "$1" >"$folder/clients_$1.pcap"
    run read --quiet "$folder/clients_$1.pcap" "$folder/servers.pcap"
    exits 0
    complains "servers.pcap: its clock is "
    verdicts | diff "$folder/whole" - || fail "clocks that differ by $1 s change verdicts"
}

tcpdump -qnr "$capture" -w "$folder/clients.pcap" "$clients" 2>/dev/null || fail "the clients' side"
tcpdump -qnr "$capture" -w "$folder/servers.pcap" "not $clients" 2>/dev/null || fail "the servers' side"
run read --quiet "$folder/clients.pcap" "$folder/servers.pcap"
exits 0; is_silent
verdicts >"$folder/whole"
[ "$(wc -l <"$folder/whole")" -eq 18 ] || fail "18 SERVFAILs"
for seconds in 0.02 -0.02 0.5 -0.5 3 -3; do
    reads_alike $seconds
done
complains "ahead of that of $folder/clients_-3.pcap"

# The clients' packets in both: each SERVFAIL happened once.
tests/lab/retime "$folder/clients.pcap" 0.5 >"$folder/clients_0.5.pcap"
run read --quiet "$folder/clients_0.5.pcap" "$capture"
exits 0
complains "$capture: its clock is 0.5000 s behind"
verdicts | diff "$folder/whole" - || fail "packets that two captures have count once"

# The same questions of another hour, or to another resolver at the same time, say nothing of a clock.
run read --quiet pcaps/testbed-v4.kresd.pcap "$capture"
exits 0; is_silent
begin() { tcpdump -qnttr "$1" -c 1 "$clients" 2>/dev/null | cut -d. -f1; }
tests/lab/retime pcaps/testbed-v4.kresd.pcap $(($(begin "$capture") - $(begin pcaps/testbed-v4.kresd.pcap))) >"$folder/other.pcap"
run read --quiet "$folder/other.pcap" "$capture"
exits 0; is_silent

# The pieces of a rotated capture have one clock, also the last, in which there is next to nothing.
cd "$folder" || exit 1
pcap_begin asked.pcap
pcap_begin up.0
pcap_begin up.1
for ((i = 0; i < 12; i++)); do
    piece=up.$((i > 9))
    dns_packet asked.pcap $((1767225600 + i)) 0 10 $((40000 + i)) 1 53 $((100 + i)) 0100 "w$i"
    dns_packet "$piece" $((1767225640 + i)) 1000 1 $((50000 + i)) 53 53 $((200 + i)) 0000 "w$i"
    dns_packet "$piece" $((1767225640 + i)) 3000 53 53 1 $((50000 + i)) $((200 + i)) 8005 "w$i"
    dns_packet asked.pcap $((1767225600 + i)) 5000 1 53 10 $((40000 + i)) $((100 + i)) 8182 "w$i"
done
# Both were running all the time.
dns_packet asked.pcap 1767225700 0 10 45000 1 53 90 0100 last
run read --quiet up.1 asked.pcap up.0
exits 0
complains "up.0: its clock is 40.000"
[ "$(grep -c 'lame.refused' out)" -eq 12 ] || fail "12 refusals: $out"
