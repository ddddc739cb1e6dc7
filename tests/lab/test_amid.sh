#!/bin/bash
# A busy resolver beside it in the same capture changes no verdict: evidence, zones and keys of what failed are there
# when it is judged, and each packet is taken to be its own resolver's.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 tests/lab/amid --rate 2500 --memory 64 \
    pcaps/{answers-apex-only,clock-ahead,dnssec-future,glue-private,impatient,send-blocked}.kresd.pcap \
    pcaps/{cname-bogus,fragments-lost,ns-of-refused-zone,repeat-silent,testbed-nsec3,testbed-v6}.named.pcap \
    pcaps/fragments-lost-signed.pdns.pcap pcaps/quota-rate.unbound.pcap || exit 1
# What failed minutes ago, of what else failed meanwhile, is not all there in so little memory.
gunzip -c pcaps/many-faults.pdns.pcap.gz >"$folder/many-faults.pdns.pcap"
python3 tests/lab/amid --rate 2500 --memory 64 "$folder/many-faults.pdns.pcap" >"$folder/out"
tail -n 1 "$folder/out"
tail -n 1 "$folder/out" | awk '{ holds = $1 > 700 && $3 * 40 < $1 } END { exit !holds }' || { cat "$folder/out"; exit 1; }
