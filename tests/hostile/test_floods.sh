#!/bin/bash
# Small floods in little memory: the genuine failures amid them keep their cause, and memory its bound. Sanitizers
# have a memory of their own.
grep -aq __asan_init "$DNSBLAME" && exit 77
exec python3 tests/hostile/memory --flood "$FLOOD" --events 30000 --memory 32 zones servfails connections forged resolvers
