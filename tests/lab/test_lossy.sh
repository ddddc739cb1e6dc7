#!/bin/bash
# Of a hundred packets a mirror port loses one and tells nobody. What looks like a server's silence then was none, by
# what the resolver did next: hardly anybody is blamed for it.
/usr/bin/python3 -c 'import dns' 2>/dev/null || { echo 'skipped: python3-dnspython is not there'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tests/lab/lossy 10 1 "$folder" pcaps/{mix,quota,testbed,forwarder-b,front,insecure,rollover,wildcard}*.pcap \
    pcaps/{many-faults,forward-first}.*.pcap.gz || exit 1
python3 tests/lab/score "$folder"/*.json >"$folder/score"
# The last line: captures, SERVFAILs, missed, invented, exact, accepted, wrong, zone, servers.
tail -1 "$folder/score" | tee /dev/stderr |
    awk '{ holds = $5 > 1000 && $6 == 0 && $7 == 0 && $9 * 1000 >= $5 * 994 && $10 * 200 <= $5 && $12 * 200 >= $5 * 199 } END { exit !holds }' || exit 1

# A resolver behind another one is not taken for it where it is seen at work for questions that the capture lost.
mkdir "$folder/front"
tests/lab/lossy 50 2 "$folder/front" pcaps/front-*.pcap || exit 1
python3 tests/lab/score "$folder"/front/*.json >"$folder/score"
tail -1 "$folder/score" | tee /dev/stderr |
    awk '{ holds = $5 > 50 && $6 == 0 && $7 == 0 && $10 == 0 } END { exit !holds }' || exit 1

# What the loss of one packet would turn into another cause is not certain.
mkdir "$folder/doubt"
tests/lab/lossy 10 4 "$folder/doubt" pcaps/{icmp-admin.named,tc-tcp-refused.kresd}.pcap || exit 1
for capture in "$folder"/doubt/*.pcap; do
    "$DNSBLAME" read -q --format json "$capture" || exit 1
done >"$folder/verdicts"
awk '/"cause": ?"unreachable.(no-response|tcp)"/ { found++ }
    /"confidence": ?"certain"/ { certain++ }
    END { exit !(found > 2 && !certain) }' "$folder/verdicts"
