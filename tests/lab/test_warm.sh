#!/bin/bash
# Where the resolver held the DS records before the capture began, it is not blamed for finding an answer bogus
# of which the signatures are good by the zone's own keys.
/usr/bin/python3 -c 'import dns' 2>/dev/null || { echo 'skipped: python3-dnspython is not there'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tests/lab/warm "$folder" pcaps/{dnssec-bad-ds,rollover-ds-stale,dnssec-expired,data-tampered}.*.pcap || exit 1
python3 tests/lab/score "$folder"/*.json >"$folder/score"
# The last line: captures, SERVFAILs, missed, invented, exact, accepted, wrong, ...
tail -1 "$folder/score" | tee /dev/stderr | awk '{ holds = $5 > 30 && $6 == 0 && $7 == 0 && $10 == 0 } END { exit !holds }'
