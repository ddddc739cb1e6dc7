#!/bin/bash
# Names that were chosen to hurt, in all that the program prints.
exec python3 tests/hostile/names
