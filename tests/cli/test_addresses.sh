# A resolver's address that is not in the capture is told, and nothing that was found of it is no good news.
. tests/cli/lib.sh
lame_capture "$folder/a.pcap" 1767225600 2
cd "$folder" || exit 1

run read --resolver 192.0.2.77 a.pcap
exits 1; complains "--resolver 192.0.2.77: no question to it and no answer from it"
says_not "No client got a SERVFAIL"; says "this says nothing about SERVFAILs"
run read --quiet --resolver 192.0.2.10 a.pcap
exits 1; complains "--resolver 192.0.2.10: " # the client
run read --resolver 192.0.2.77 --resolver 192.0.2.1 a.pcap
exits 0; complains "--resolver 192.0.2.77: "; says "lame.refused"
! grep -q "192.0.2.1:" err || fail "what was seen is not complained of: $err"
run read --egress 192.0.2.78 a.pcap
exits 0; complains "--egress 192.0.2.78: no query from it"; says "lame.refused"
run read --resolver 192.0.2.1 --egress 192.0.2.1 a.pcap
exits 0; is_silent; says "lame.refused"

# Where there is nothing at all, no address is wrong.
pcap_begin empty.pcap
run read --resolver 192.0.2.77 empty.pcap
exits 0; is_silent
