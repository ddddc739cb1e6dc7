# What the tests on live interfaces share: a network namespace with cables in it (wireN is watched, what goes
# into farN comes out there), gone when the test ends in whatever way.
set -u
DNSBLAME=${DNSBLAME:?names the program}
# What the sandbox forbids the leak checker, too.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
for tool in ip tcpreplay tcpdump sqlite3 setpriv python3; do
    command -v $tool >/dev/null || { echo "skipped: $tool is not there"; exit 77; }
done
for name in $(ip netns list 2>/dev/null | sed -n 's/^\(dnsblame-live-[0-9]*\).*/\1/p'); do
    [ -e "/proc/${name##*-}" ] || ip netns del "$name" # whose test was killed
done
namespace=dnsblame-live-$$
ip netns add $namespace 2>/dev/null || { echo "skipped: network namespaces need root"; exit 77; }
# In a chroot that is no mount point nothing can be run in one.
ip -n $namespace link set lo up 2>/dev/null || {
    ip netns del $namespace
    echo "skipped: nothing runs in network namespaces here"
    exit 77
}
folder=$(mktemp -d)
chmod 777 "$folder" # the watcher is nobody
finish() {
    local pid
    for pid in $(ip netns pids $namespace 2>/dev/null); do
        kill -KILL "$pid" 2>/dev/null
    done
    ip netns del $namespace 2>/dev/null
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

fail() {
    echo "FAILED: $*" >&2
    [ ! -s "$folder/err" ] || sed 's/^/stderr: /' "$folder/err" >&2
    exit 1
}
inside() { ip netns exec $namespace "$@"; }
inside sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# Is it so within ten seconds?
comes_true() {
    local i
    for ((i = 0; i < 100; i++)); do
        "$@" && return
        sleep 0.1
    done
    return 1
}
add_cable() { # NUMBER
    ip -n $namespace link add "wire$1" type veth peer name "far$1" || fail "no veth"
    ip -n $namespace link set "wire$1" up
    ip -n $namespace link set "far$1" up
}
# Starts the watcher; its process is $watcher, its output $folder/out and err. The judgement waits for a second.
watch() {
    NOTIFY_SOCKET= ip netns exec $namespace "$DNSBLAME" watch --sensor here --grace 1 "$@" >"$folder/out" 2>"$folder/err" &
    watcher=$!
    comes_true is_watching || fail "it does not watch"
}
# It takes signals itself once it does.
is_watching() {
    kill -0 $watcher || fail "it ended"
    [ "$(cat /proc/$watcher/comm)" != ip ] && grep -q '^Seccomp:.*2' /proc/$watcher/status 2>/dev/null
}
replay() { inside tcpreplay -q "$@" >"$folder/replay" 2>&1 || fail "tcpreplay: $(cat "$folder/replay")"; }
# Ends the watcher as a service manager does: it has two seconds.
stop() { # STATUS
    local status
    kill -TERM $watcher
    timeout 2 tail -s 0.02 --pid=$watcher -f /dev/null || fail "it does not end within two seconds"
    wait $watcher
    status=$?
    [ $status -eq "$1" ] || fail "it ends with $status, not $1"
}
# What was found, but for where it stood.
verdicts() { # of lines of JSON; names of fields
    python3 -c '
import json, sys
for line in sys.stdin:
    incident = json.loads(line)
    if "incident" in incident:
        print(*(incident[name] for name in sys.argv[1:]))' "$@" | sort
}
without_frames() { sed -E 's/"(file|frame)":("[^"]*"|null|[0-9]+),?//g' | sort; }
