#!/bin/bash
# Clients that are to be hidden, wherever their addresses stand.
exec python3 tests/hostile/clients
