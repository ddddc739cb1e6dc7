#!/bin/bash
# What a capture shows is what the metrics say while it is watched; /healthz says when nothing can be seen.
. tests/live/lib.sh
command -v curl >/dev/null || { echo "skipped: curl is not there"; exit 77; }

fetch() { inside curl -s --max-time 5 -o "$folder/page" -w '%{http_code}' "http://127.0.0.1:9353/$1"; }
# Within ten seconds.
wait_for() {
    comes_true "$@" || fail "$* does not come true: $(grep -v '^#' "$folder/page" | grep -v ' 0$')"
}
is_healthy() { [ "$(fetch healthz)" = 200 ]; }
is_ill() { [ "$(fetch healthz)" = 503 ]; }
says() { [ "$(fetch metrics)" = 200 ] && grep -qxF -- "$1" "$folder/page"; }

add_cable 1
watch -i wire1 --metrics 9353 --db "$folder/w.db"
wait_for is_healthy
replay -i far1 pcaps/lame-real.unbound.pcap

wait_for says 'dnsblame_servfails_total{category="lame",cause="lame.refused"} 2'
says 'dnsblame_questions_total 6' || fail "questions"
says 'dnsblame_responses_total{rcode="SERVFAIL"} 3' || fail "SERVFAILs among the responses"
says 'dnsblame_servfails_total{category="cached",cause="cached.failure"} 1' || fail "the cached one"
says 'dnsblame_open_outages{category="lame",cause="lame.refused"} 1' || fail "the outage"
says 'dnsblame_upstream_queries_total{outcome="REFUSED"} 122' || fail "upstream queries"
says 'dnsblame_capture_dropped_packets_total{interface="wire1",by="kernel"} 0' || fail "drops"
! grep -v '^#' "$folder/page" | grep -qE 'willow|10\.20\.1\.|46\.23\.84' || fail "a name or an address is told"
! command -v promtool >/dev/null || promtool check metrics <"$folder/page" || fail "promtool"
# The manual knows them all, and no others.
sed -n 's/^# TYPE \([a-z_0-9]*\) .*/\1/p' "$folder/page" | sort >"$folder/served"
sed -n '/^\.Sh METRICS/,/^\.Sh FILES/s/^\.It Cm //p' dist/man/dnsblame-watch.1 | sed 's/ , /\n/g' | sort |
    diff "$folder/served" - || fail "the manual's metrics are others"

ip -n $namespace link set far1 down
wait_for is_ill
grep -q 'every interface is down' "$folder/page" || fail "the reason: $(cat "$folder/page")"
ip -n $namespace link set far1 up
wait_for is_healthy

stop 0
