# What a capture shows is what the metrics say while it is watched; /healthz says when nothing can be seen.
set -u
DNSBLAME=${DNSBLAME:?names the program}
# What the sandbox forbids the leak checker, too.
export ASAN_OPTIONS=detect_leaks=0
for tool in ip tcpreplay curl; do
    command -v $tool >/dev/null || { echo "$tool is not there"; exit 77; }
done
namespace=dnsblame-metrics-$$
ip netns add $namespace 2>/dev/null || { echo "network namespaces need root"; exit 77; }
# In a chroot that is no mount point nothing can be run in one.
ip -n $namespace link set lo up 2>/dev/null || {
    ip netns del $namespace
    echo "nothing runs in network namespaces here"
    exit 77
}
folder=$(mktemp -d)
watcher=
finish() {
    [ -z "$watcher" ] || kill -KILL "$watcher" 2>/dev/null
    ip netns del $namespace
    rm -rf "$folder"
}
trap finish EXIT

fail() {
    echo "FAILED: $*" >&2
    [ ! -e "$folder/err" ] || cat "$folder/err" >&2
    exit 1
}
inside() { ip netns exec $namespace "$@"; }
fetch() { inside curl -s --max-time 5 -o "$folder/page" -w '%{http_code}' "http://127.0.0.1:9353/$1"; }
# For some seconds at most.
wait_for() {
    local i
    for ((i = 0; i < 100; i++)); do
        "$@" && return
        sleep 0.1
    done
    fail "$* does not come true: $(grep -v '^#' "$folder/page" | grep -v ' 0$')"
}
is_healthy() { [ "$(fetch healthz)" = 200 ]; }
is_ill() { [ "$(fetch healthz)" = 503 ]; }
says() { [ "$(fetch metrics)" = 200 ] && grep -qxF -- "$1" "$folder/page"; }

ip -n $namespace link set lo up
ip -n $namespace link add wire type veth peer name far
ip -n $namespace link set wire up
ip -n $namespace link set far up
ip netns exec $namespace "$DNSBLAME" watch -i wire --grace 1 --metrics 9353 --db "$folder/w.db" --user root \
    2>"$folder/err" >/dev/null &
watcher=$!
wait_for is_healthy
inside tcpreplay -q -i far pcaps/lame-real.unbound.pcap >"$folder/log" 2>&1 || fail "tcpreplay: $(cat "$folder/log")"

wait_for says 'dnsblame_servfails_total{category="lame",cause="lame.refused"} 2'
says 'dnsblame_questions_total 6' || fail "questions"
says 'dnsblame_responses_total{rcode="SERVFAIL"} 3' || fail "SERVFAILs among the responses"
says 'dnsblame_servfails_total{category="cached",cause="cached.failure"} 1' || fail "the cached one"
says 'dnsblame_open_outages{category="lame",cause="lame.refused"} 1' || fail "the outage"
says 'dnsblame_upstream_queries_total{outcome="REFUSED"} 122' || fail "upstream queries"
says 'dnsblame_capture_dropped_packets_total{interface="wire",by="kernel"} 0' || fail "drops"
! grep -v '^#' "$folder/page" | grep -qE 'willow|10\.20\.1\.|46\.23\.84' || fail "a name or an address is told"
! command -v promtool >/dev/null || promtool check metrics <"$folder/page" || fail "promtool"

ip -n $namespace link set far down
wait_for is_ill
grep -q 'every interface is down' "$folder/page" || fail "the reason: $(cat "$folder/page")"
ip -n $namespace link set far up
wait_for is_healthy

kill -TERM "$watcher"
wait "$watcher" || fail "it ends with $?"
watcher=
