# Who stops reading along, or has no room, keeps nothing from the database; who interrupts is told what it lacks.
. tests/cli/lib.sh
lame_capture "$folder/many.pcap" 1767225600 40
cd "$folder" || exit 1
stored() { "$DNSBLAME" list --db "$1" | wc -l | tr -d ' '; }

# A pipe that nobody reads from any more.
mkfifo pipe
exec 9<>pipe 8>pipe 9>&-
for format in text json; do
    "$DNSBLAME" read --format $format --db "$format.db" many.pcap >&8 2>err
    status=$?
    [ "$status" -eq 0 ] && [ ! -s err ] || fail "$format into a closed pipe: $status, $(cat err)"
    [ "$(stored $format.db)" -eq 40 ] || fail "$format into a closed pipe stores all"
done
"$DNSBLAME" read many.pcap >&8 2>err
[ $? -eq 141 ] || fail "where nothing is stored, SIGPIPE ends it"
exec 8>&-

# A full disk, told once.
if [ -w /dev/full ]; then
    for format in text json; do
        "$DNSBLAME" read --format $format --db full.db many.pcap >/dev/full 2>err
        [ $? -eq 1 ] || fail "$format on a full disk"
        [ "$(cat err)" = "dnsblame: standard output: No space left on device" ] || fail "once: $(cat err)"
        [ "$(stored full.db)" -eq 40 ] || fail "$format on a full disk stores all"
        rm full.db
    done
fi

# interrupt ARGUMENT...: SIGTERM while it waits for more of standard input.
interrupt() {
    "$DNSBLAME" read "$@" - <pipe >out 2>err &
    exec 9>pipe
    cat many.pcap >&9
    for _ in $(seq 100); do
        grep -qE "^SigBlk:[[:space:]]*$blocked\$" /proc/$!/status && [ -d /proc/$!/task ] && break
        sleep 0.1
    done
    sleep 0.1
    kill -TERM $!
    wait $!
    status=$?
    exec 9>&-
}
blocked=000000000000[46]00[13] # by then it waits for signals
interrupt --db i.db
[ "$status" -eq 143 ] || fail "the signal's own status: $status, $(cat err)"
grep -q "interrupted: i.db has at most a part" err || fail "it is said: $(cat err)"
blocked=0000000000000000
interrupt --quiet
[ "$status" -eq 143 ] && [ ! -s err ] || fail "nothing to say without a database: $status, $(cat err)"

# What lacks is made good by reading it again.
run read --quiet --db i.db many.pcap
exits 0; [ "$(stored i.db)" -eq 40 ] || fail "all is there"
