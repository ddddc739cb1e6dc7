#!/bin/bash
# What attacks make a packet cost, counted in instructions: a few of them, the rest by tests/hostile/costs. Sanitizers
# have instructions of their own.
grep -aq __asan_init "$DNSBLAME" && exit 77
command -v valgrind >/dev/null || exit 77
exec python3 tests/hostile/costs --scale 0.5 same_key same_upstream_key deep_name nameservers heavy_nameserver key_trap \
    dear_key_trap nsec3 crowd one_moment
