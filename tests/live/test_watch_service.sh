#!/bin/bash
# It is a good service: gives up what it may do, takes signals, tells how it goes, and outlives interfaces that go
# down and readers that do not read.
. tests/live/lib.sh

status_of() { sed -n "s/^$1:[[:space:]]*//p" /proc/$watcher/status; }
answers_usr1() { # WHAT
    kill -USR1 $watcher
    sleep 0.2
    grep -q "$1" "$folder/err"
}
locked() { ! sqlite3 "$folder/w.db" 'BEGIN IMMEDIATE' 2>/dev/null; }
has_opened() { ls -l /proc/$watcher/fd | grep -qF "$folder/w.db"; }
add_cable 1

# Whoever starts it as root, nobody watches, and may do nothing else.
watch -i wire1 --db "$folder/w.db"
[ "$(id -un "$(status_of Uid | cut -f1)")" != root ] || fail "it is root"
[ "$(status_of CapPrm) $(status_of CapEff) $(status_of CapAmb)" = \
    "0000000000000000 0000000000000000 0000000000000000" ] || fail "it has capabilities"
[ "$(status_of Groups | wc -w)" -le 1 ] || fail "it has groups: $(status_of Groups)"
[ "$(status_of NoNewPrivs) $(status_of Seccomp)" = "1 2" ] || fail "it is not closed in"
[ "$(ls /proc/$watcher/task | wc -l)" -ge 2 ] || fail "the database has no thread of its own"
for task in /proc/$watcher/task/*; do
    grep -q '^Seccomp:.*2' "$task/status" || fail "a thread is not closed in"
done

# An interface that goes down and comes back goes on.
replay -i far1 pcaps/refused.kresd.pcap
ip -n $namespace link set wire1 down
comes_true answers_usr1 '^wire1: down' || fail "it does not notice that the interface is down"
sleep 1
ip -n $namespace link set wire1 up
sleep 0.5
kill -HUP $watcher
replay -i far1 --pps 500 pcaps/auth-servfail.kresd.pcap
comes_true answers_usr1 '^wire1: up, 2[0-9][0-9] packets, 0 dropped' || fail "it does not go on, or SIGHUP ended it"
stop 0
[ "$("$DNSBLAME" list --db "$folder/w.db" | grep -c 'lame.refused\|zone.servfail')" -gt 3 ] ||
    fail "not all was stored: $("$DNSBLAME" list --db "$folder/w.db")"

# One that is gone for good ends it.
watch -i wire1 --db "$folder/w.db"
ip -n $namespace link del wire1
timeout 3 tail -s 0.02 --pid=$watcher -f /dev/null || fail "it goes on without its interface"
wait $watcher
[ $? -eq 1 ] || fail "its status"
grep -q 'wire1: .*disappeared' "$folder/err" || fail "it does not say why"
add_cable 1

# Without root: CAP_NET_RAW is enough.
NOTIFY_SOCKET= ip netns exec $namespace setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_raw \
    --ambient-caps=+net_raw --bounding-set=-all,+net_raw \
    "$DNSBLAME" watch -i wire1 --db "$folder/unprivileged.db" --grace 1 >"$folder/out" 2>"$folder/err" &
watcher=$!
comes_true is_watching || fail "it does not run without root"
replay -i far1 --pps 500 pcaps/refused.kresd.pcap
sleep 0.5
stop 0
[ -n "$("$DNSBLAME" list --db "$folder/unprivileged.db")" ] || fail "nothing without root"
# Without that either, it says what it needs; and where it cannot keep its database.
inside setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$DNSBLAME" watch -i wire1 \
    --db "$folder/none.db" 2>"$folder/err" && fail "it captures without any right"
grep -q 'wire1: .*CAP_NET_RAW' "$folder/err" || fail "it does not say what it needs"
mkdir -m 700 "$folder/private"
inside "$DNSBLAME" watch -i wire1 --db "$folder/private/w.db" 2>"$folder/err" && fail "it writes where it may not"
grep -q 'must be writable for user' "$folder/err" || fail "it does not say who must write"

# A database that root made is handed over.
rm -f "$folder"/w.db*
"$DNSBLAME" read -q --db "$folder/w.db" pcaps/refused.kresd.pcap >/dev/null
chmod 600 "$folder/w.db"
watch -i wire1 --db "$folder/w.db"
stop 0

# While it waits for a database that another program has locked, it can be ended.
python3 - "$folder/w.db" <<'END' &
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
time.sleep(30)
END
locker=$!
comes_true locked || fail "the database is not locked"
NOTIFY_SOCKET= ip netns exec $namespace "$DNSBLAME" watch -i wire1 --db "$folder/w.db" 2>"$folder/err" &
watcher=$!
comes_true has_opened || fail "it does not open its database"
stop 0
kill $locker

# A reader that does not read holds nothing up; one that is gone is said.
mkfifo "$folder/pipe"
sleep 60 <"$folder/pipe" &
reader=$!
NOTIFY_SOCKET= ip netns exec $namespace "$DNSBLAME" watch -i wire1 --db "$folder/stuck.db" --grace 0 --format json >"$folder/pipe" \
    2>"$folder/err" &
watcher=$!
comes_true is_watching || fail "it does not start"
for _ in 1 2 3 4 5; do
    replay -i far1 --topspeed pcaps/refused.kresd.pcap
done
comes_true answers_usr1 '^wire1: up, 600 packets' || fail "a reader holds it up"
kill $reader
replay -i far1 --topspeed pcaps/refused.kresd.pcap
comes_true grep -q 'standard output: Broken pipe' "$folder/err" || fail "it does not say that nobody reads"
stop 1
[ -n "$("$DNSBLAME" list --db "$folder/stuck.db")" ] || fail "nothing is stored"

# The service manager hears of it.
python3 - "$folder/notify" "$folder/told" <<'END' &
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
listener.settimeout(30)
with open(sys.argv[2], "w") as told:
    while True:
        text = listener.recv(4096).decode()
        print(text, file=told, flush=True)
        if text == "STOPPING=1":
            break
END
manager=$!
comes_true test -S "$folder/notify" || fail "no socket"
NOTIFY_SOCKET=$folder/notify WATCHDOG_USEC=2000000 ip netns exec $namespace "$DNSBLAME" watch -i wire1 --db "$folder/w.db" 2>"$folder/err" &
watcher=$!
comes_true grep -q '^READY=1' "$folder/told" || fail "it is not ready"
comes_true grep -q '^WATCHDOG=1' "$folder/told" || fail "the watchdog hears nothing"
comes_true grep -q '^STATUS=.*SERVFAILs' "$folder/told" || fail "no status"
stop 0
wait $manager || fail "it does not say that it stops"
