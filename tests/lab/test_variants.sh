#!/bin/bash
# A capture split in five, swapped, packed or as pcapng gives the same incidents.
exec python3 tests/lab/variants pcaps/*.unbound.pcap pcaps/*.named.pcap
