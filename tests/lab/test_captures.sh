#!/bin/bash
# Every SERVFAIL in the lab's captures is found and blamed rightly; the healthy captures give none.
exec python3 tests/lab/score --verbose
