# A disk that fills up, a database that others lock: said once, held back, and nothing is lost once there is
# room again; one that may only be read is said at once. The lock lasts 4 s; DNSBLAME_LOCK_S=60 for as long.
set -u
WRITING=${WRITING:?names the program}
command -v sqlite3 >/dev/null || { echo "no sqlite3"; exit 77; }
lock_s=${DNSBLAME_LOCK_S:-4}
folder=$(mktemp -d)
child=
cleanup() {
    [ -n "$child" ] && kill -9 "$child" 2>/dev/null
    mountpoint -q "$folder/disk" && umount -l "$folder/disk"
    rm -rf "$folder"
}
trap cleanup EXIT

fail() {
    echo "FAILED: $*" >&2
    cat "$folder/said" >&2
    exit 1
}

# begin DATABASE SECONDS: writes in the background. finish: waits for its end.
begin() {
    : >"$folder/said" # now, and not when the child gets to it
    "$WRITING" "$1" 1 500 "$2" >"$folder/said" 2>&1 &
    child=$!
}
finish() {
    wait "$child" || fail "it could not store all"
    child=
}
# says TEXT: waited for.
says() {
    for ((i = 0; i < 200; i++)); do
        grep -q "$1" "$folder/said" && return
        sleep 0.1
    done
    fail "'$1' was not said"
}
once() { [ "$(grep -c "$1" "$folder/said")" -eq 1 ] || fail "'$1' is said more than once"; }
# all_there DATABASE: what was added, none given up, counted and sound.
all_there() {
    local added
    added=$(sed -n 's/^stored .* of \([0-9]*\), given up 0$/\1/p' "$folder/said")
    [ -n "$added" ] || fail "something was given up"
    [ "$(sqlite3 "$1" 'SELECT count(*) FROM incidents')" = "$added" ] || fail "not all are there"
    [ "$(sqlite3 "$1" 'SELECT sum(incidents) FROM outage_counts')" = "$added" ] || fail "not all are counted"
    [ "$(sqlite3 "$1" 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
}

# Locked.
begin "$folder/locked.db" $((lock_s + 3))
says "^stored"
{ echo ".timeout 10000"; echo "BEGIN IMMEDIATE;"; sleep "$lock_s"; echo "COMMIT;"; } | sqlite3 "$folder/locked.db"
says "^failed: .*locked"
finish
once "^failed"
once "^recovered"
all_there "$folder/locked.db"

[ "$(id -u)" -eq 0 ] || { echo "locking only: not root"; exit 0; }
mkdir "$folder/disk"
mount -t tmpfs -o size=20m tmpfs "$folder/disk" 2>/dev/null || { echo "locking only: no mounts here"; exit 0; }

# Full, from the 20 MiB on that something else takes.
begin "$folder/disk/full.db" 6
says "^stored"
head -c 30M /dev/zero >"$folder/disk/other" 2>/dev/null
says "^failed: .*full"
sleep 2
once "^failed"
rm "$folder/disk/other"
says "^recovered"
finish
all_there "$folder/disk/full.db"

# Read only: it says so at once.
mount -o remount,ro "$folder/disk" || fail "the disk cannot be made read-only"
"$WRITING" "$folder/disk/full.db" 2 500 1 >"$folder/said" 2>&1 && fail "it opens what it cannot write"
grep -q "full.db: " "$folder/said" || fail "it does not say what it cannot open"
