#!/bin/bash
# A capture split in five, swapped, packed, as pcapng, mirrored twice or in tunnels gives the same incidents.
exec python3 tests/lab/variants pcaps/*.unbound.pcap pcaps/*.named.pcap
