#!/bin/bash
# A real resolver under load: every SERVFAIL of the wire is stored once, with the cause that reading gives.
exec /usr/bin/python3 tests/live/run
