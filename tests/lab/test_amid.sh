#!/bin/bash
# A busy resolver beside it in the same capture changes no verdict: evidence, zones and keys of what failed are there
# when it is judged, and each packet is taken to be its own resolver's.
exec python3 tests/lab/amid --rate 2500 --memory 64 \
    pcaps/{answers-apex-only,clock-ahead,dnssec-future,glue-private,impatient,send-blocked}.kresd.pcap \
    pcaps/{cname-bogus,fragments-lost,ns-of-refused-zone,repeat-silent,testbed-nsec3,testbed-v6}.named.pcap \
    pcaps/fragments-lost-signed.pdns.pcap pcaps/quota-rate.unbound.pcap
