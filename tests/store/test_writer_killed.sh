# What was reported as stored is there after kill -9 at any moment, and the database is sound and opens at
# once. 15 rounds; DNSBLAME_KILLS=100 for as many.
set -u
WRITING=${WRITING:?names the program}
command -v sqlite3 >/dev/null || { echo "no sqlite3"; exit 77; }
rounds=${DNSBLAME_KILLS:-15}
folder=$(mktemp -d)
child=
trap '[ -n "$child" ] && kill -9 "$child" 2>/dev/null; rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: round $round: $*" >&2
    exit 1
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

promised=0
for ((round = 1; round <= rounds; round++)); do
    begun=$(now_ms)
    "$WRITING" "$folder/x.db" "$round" 3000 >"$folder/said" 2>&1 &
    child=$!
    until grep -q open "$folder/said"; do
        kill -0 "$child" 2>/dev/null || fail "it does not start: $(cat "$folder/said")"
        [ $(($(now_ms) - begun)) -lt 10000 ] || fail "it takes more than 10 s to start"
        sleep 0.01
    done
    # The time it takes on an idle machine is a few milliseconds; the bound is the promise.
    took=$(($(now_ms) - begun))
    [ "$took" -lt 2000 ] || [ -z "${DNSBLAME_KILLS:-}" ] || fail "$took ms to start"
    sleep "$(awk -v seed="$RANDOM" 'BEGIN { srand(seed); printf "%.3f", rand() * 1.6 }')"
    kill -9 "$child"
    wait "$child" 2>/dev/null
    child=
    stored=$(awk '/^stored/ { count = $2 } END { print count + 0 }' "$folder/said")
    promised=$((promised + stored))

    [ "$(sqlite3 "$folder/x.db" 'PRAGMA integrity_check')" = ok ] || fail "the database is damaged"
    [ -z "$(sqlite3 "$folder/x.db" 'PRAGMA foreign_key_check')" ] || fail "rows refer to nothing"
    # Of this round exactly the first so many are there, at least those that were reported, and the counts
    # agree with the rows.
    read -r rows last counted <<<"$(sqlite3 -separator ' ' "$folder/x.db" "
        SELECT count(*), coalesce(max(frame), 0), (SELECT coalesce(sum(incidents), 0) FROM outage_counts
            JOIN sources ON sources.id = source WHERE fingerprint = $round)
        FROM incidents JOIN sources ON sources.id = source WHERE fingerprint = $round")"
    [ "$rows" -ge "$stored" ] || fail "$stored were reported as stored, $rows are there"
    [ "$rows" -eq "$last" ] || fail "one before the last ($last) is missing: $rows are there"
    [ "$rows" -eq "$counted" ] || fail "$rows are there, $counted are counted"
done
total=$(sqlite3 "$folder/x.db" 'SELECT count(*) FROM incidents')
[ "$total" -ge "$promised" ] || fail "$promised were reported in all rounds, $total are there"
[ "$promised" -gt 0 ] || fail "nothing was ever stored"
echo "$rounds times killed: $promised reported, $total there"
