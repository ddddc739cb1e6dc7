#!/bin/bash
# A mirror port that drops packets tells nobody. That SERVFAILs come without their questions shows it, and the report
# says so.
. tests/cli/lib.sh
capture=pcaps/many-faults.pdns.pcap.gz
gunzip -c $capture >"$folder/whole.pcap"
python3 - "$folder/whole.pcap" "$folder/lossy.pcap" <<'END'
import random, struct, sys
data, at = open(sys.argv[1], "rb").read(), 24
chance, kept = random.Random(1), [data[:24]]
while at < len(data):
    end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
    if chance.random() >= 0.02:
        kept.append(data[at:end])
    at = end
open(sys.argv[2], "wb").write(b"".join(kept))
END
report() {
    run read -q --db "$folder/$1.db" "$folder/$1.pcap"
    exits 0
    run report --db "$folder/$1.db"
    exits 0
}
report lossy
grep -qE 'The questions of [0-9]+ SERVFAILs \([0-9.]+ %\) were not seen' "$folder/out" || fail "it goes unnoticed: $out"
report whole
says_not 'were not seen'

# read says it, too.
run read "$folder/lossy.pcap"
says 'loses packets that nobody counts'
run read "$folder/whole.pcap"
says_not 'loses packets that nobody counts'
