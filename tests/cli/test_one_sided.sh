# Where nothing upstream is in the capture nobody is blamed: clients are no resolvers for asking what others ask.
. tests/cli/lib.sh
"$(dirname "$DNSBLAME")/tests/bench_generate" 300000 1000 1000 1 >"$folder/all.pcap" || fail "the generator"

# blames LINE: there are incidents, and each has that in it.
blames() {
    [ "$(wc -l <"$folder/out")" -gt 100 ] || fail "there are incidents"
    ! grep -v "$1" "$folder/out" | head -n 1 | grep . || fail "each has $1"
}

run read --quiet --format json "$folder/all.pcap" 'net 10.0.0.0/8 or net fd00::/16'
exits 0; is_silent
blames '"cause":"unattributed\.'
blames '"client_is_resolver":false'
run read --quiet --format json "$folder/all.pcap"
exits 0; is_silent
blames '"client_is_resolver":false'
says '"cause":"lame.refused"'; says '"cause":"unreachable'

# What the resolver sends alone, clients' questions and servers' answers both out of sight.
for capture in anycast-half.named testbed-ds.named; do
    run read --quiet --format json "pcaps/$capture.pcap" 'src host 185.200.10.53'
    exits 0; is_silent
    says '"cause":"unattributed.capture-loss"'
    ! grep -v '"cause":"unattributed\.' "$folder/out" | head -n 1 | grep . || fail "$capture: silence of a mirror is no server's"
done

# One family's answers are out of sight: its servers are not silent, and its addresses not wrong.
for capture in testbed-rrsig.named testbed-nsec3.unbound dname-known.named impatient.kresd; do
    run read --quiet --format json "pcaps/$capture.pcap" 'not (ip6 and dst host 2a0c:200:10::53)'
    exits 0; is_silent
    says '"cause":"unattributed.capture-loss"'
    ! grep '"cause":"unreachable' "$folder/out" | head -n 1 | grep . || fail "$capture: the capture lacks the answers over IPv6"
done
run read --quiet --format json pcaps/impatient.kresd.pcap 'not (src port 53 and dst host 185.200.10.53)'
exits 0; is_silent
says_not '"cause":"unreachable.egress-blocked"'
