#!/bin/bash
# The database under floods of servers: its rows of them do not follow the flood.
exec python3 tests/hostile/server_rows --flood "$FLOOD" --dnsblame "$DNSBLAME" --events 10000 zones resolvers forged
