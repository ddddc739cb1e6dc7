#!/bin/bash
# The owner of a zone answers what he likes: nobody else is blamed for it, and nobody else's failures are.
exec python3 tests/hostile/owners
