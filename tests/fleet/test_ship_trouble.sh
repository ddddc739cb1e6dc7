# A server that is away, slow, full or speaks nonsense loses nothing, is told of once, and is caught up with.
set -eu
folder=$(mktemp -d)
. tests/fleet/clickhouse.sh
command -v openssl >/dev/null || skip "openssl is not installed"
server= follower=
trap 'kill $server $follower 2>/dev/null || true; clickhouse_kill; rm -rf "$folder"' EXIT
clickhouse_configure ""
clickhouse_start

mode() { echo "$1" >"$folder/mode.new" && mv "$folder/mode.new" "$folder/mode"; }
# serve [CERTIFICATE]
serve() {
    rm -f "$folder/port"
    python3 tests/fleet/faults.py "$http" "$folder/mode" "$@" >"$folder/port" &
    server=$!
    for _ in $(seq 100); do
        [ -s "$folder/port" ] && break
        sleep 0.1
    done
    port=$(cat "$folder/port")
}
ship() { "$DNSBLAME" ship --db "$folder/a.db" "$@" >"$folder/out" 2>&1; }
"$DNSBLAME" read -q --sensor alpha --db "$folder/a.db" pcaps/tld-dead.named.pcap >/dev/null
mode pass
serve
through=http://127.0.0.1:$port/fleet
"$DNSBLAME" ship --create --to "$through" || fail "create"

# Whatever is no acknowledgement: it fails, says so, and remembers nothing.
for fault in error readonly half reset page; do
    mode $fault
    ! ship --to "$through" --once || fail "$fault: says that it was shipped"
    [ "$(wc -l <"$folder/out")" = 1 ] || fail "$fault: $(cat "$folder/out")"
    [ -z "$(ls "$folder" | grep shipped || true)" ] || fail "$fault: remembers what was not acknowledged"
done
mode error
ship --to "$through" --once || grep -q 'the disk is on fire' "$folder/out" || fail "does not say what the server said"

# A server that says nothing is left when one is told to end.
mode hang
"$DNSBLAME" ship --db "$folder/a.db" --to "$through" 2>"$folder/said" &
follower=$!
sleep 1
begun=$(date +%s)
kill $follower
wait $follower || true
[ $(($(date +%s) - begun)) -le 2 ] || fail "waits for a server that says nothing"

# All faults one after the other while rows come: said once, caught up with.
mode error
"$DNSBLAME" ship --db "$folder/a.db" --to "$through" --every 1 2>"$folder/said" &
follower=$!
sleep 1
mode mixed
"$DNSBLAME" read -q --sensor alpha --db "$folder/a.db" pcaps/auth-servfail.kresd.pcap >/dev/null
sleep 4
mode pass
for _ in $(seq 150); do
    tests/fleet/compare "$url" "$folder/a.db" >"$folder/out" 2>&1 && break
    sleep 0.2
done
tests/fleet/compare "$url" "$folder/a.db" >"$folder/out" || fail "not caught up: $(cat "$folder/out")"
kill $follower
wait $follower || fail "ended with $?"
follower=
[ "$(grep -c 'trying again' "$folder/said")" -ge 1 ] || fail "says nothing: $(cat "$folder/said")"
[ "$(grep -c 'trying again' "$folder/said")" -le $(($(grep -c 'takes rows again' "$folder/said") + 1)) ] ||
    fail "says it more than once: $(cat "$folder/said")"
kill $server

# The certificate is looked at.
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$folder/key" -out "$folder/certificate" 2>/dev/null
cat "$folder/key" "$folder/certificate" >"$folder/both"
serve "$folder/both"
! ship --to "https://localhost:$port/fleet" --once || fail "trusts whoever answers"
grep -qi certificate "$folder/out" || fail "does not say why: $(cat "$folder/out")"
ship --to "https://localhost:$port/fleet" --ca-file "$folder/certificate" --once || fail "$(cat "$folder/out")"
! ship --to "https://127.0.0.1:$port/fleet" --ca-file "$folder/certificate" --once || fail "a certificate of another host"
