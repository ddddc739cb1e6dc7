# Kills in the midst of it, in short; `tests/fleet/chaos` is the long form.
exec bash tests/fleet/chaos 3
