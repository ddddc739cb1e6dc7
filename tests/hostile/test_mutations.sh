#!/bin/bash
# Some captures, damaged in five ways each: nothing crashes, and what was judged before stays.
exec python3 tests/hostile/mutate $(ls pcaps/*.pcap | awk 'NR % 40 == 1')
