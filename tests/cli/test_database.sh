# What read prints is what the database holds, and reading again doubles nothing.
. tests/cli/lib.sh
lame_capture "$folder/a.pcap" 1767225600 5
lame_capture "$folder/b.pcap" 1767312000 3
cd "$folder" || exit 1

lines() { wc -l <"$folder/out" | tr -d ' '; }

run read --db x.db --sensor tap1 --format json a.pcap
exits 0; is_silent
[ "$(lines)" = 5 ] || fail "each SERVFAIL is a line: $out"
cp out a.json
run list --db x.db --format json
exits 0; is_silent
cmp -s out a.json || fail "list says what read said: $(diff out a.json)"

run read --db x.db --sensor tap1 --quiet a.pcap
exits 0
run list --db x.db --format json
cmp -s out a.json || fail "reading twice changes nothing: $(diff out a.json)"

# The same packets, compressed and under another name, are the same source.
gzip -c a.pcap >renamed.gz
run read --db x.db --sensor tap1 --quiet renamed.gz
exits 0
run report --db x.db
exits 0; is_silent; says "1 capture by tap1"; says "5 of 5 answers were SERVFAIL"

run read --db x.db --sensor tap1 --quiet b.pcap
exits 0
run list --db x.db
[ "$(lines)" = 8 ] || fail "two captures add up"
run list --db x.db --day 2026-01-01
[ "$(lines)" = 5 ] || fail "a day is a day"
run list --db x.db --day 2026-01-01 --timezone America/New_York
[ -e /usr/share/zoneinfo/America/New_York ] && { [ "$(lines)" = 3 ] || fail "days are of the time zone: $out"; }
run list --db x.db --from 2026-01-02T00:00:01Z --to 2026-01-02T00:00:02Z
[ "$(lines)" = 1 ] || fail "spans are half open"
run list --db x.db --limit 2
[ "$(lines)" = 2 ] || fail "--limit"; says "w2.example. A"
run list --db x.db --name W1.example
[ "$(lines)" = 2 ] || fail "--name in any case"
run list --db x.db --name example
[ "$(lines)" = 8 ] || fail "--name is for what is below, too"
run list --db x.db --client 192.0.2.10
[ "$(lines)" = 8 ] || fail "--client"
run list --db x.db --client 192.0.2.8/30
[ "$(lines)" = 8 ] || fail "--client with a prefix"
run list --db x.db --client 192.0.2.12/30
[ "$(lines)" = 0 ] || fail "--client with another prefix"
run list --db x.db --resolver 192.0.2.1
[ "$(lines)" = 8 ] || fail "--resolver"
run list --db x.db --resolver 192.0.2.2
[ "$(lines)" = 0 ] || fail "--resolver of another"
run list --db x.db --since 36500d
[ "$(lines)" = 8 ] || fail "--since long ago"
run list --db x.db --client 192.0.2.11
[ "$(lines)" = 0 ] || fail "--client of nobody"

outage=$(sed -n '1s/.*"outage":"\([0-9a-f]*\)".*/\1/p' a.json)
run list --db x.db --outage "$outage" --format json
exits 0; is_silent
[ "$(lines)" -gt 0 ] || fail "--outage"
! grep -v "\"outage\":\"$outage\"" out || fail "--outage of others"
run list --db x.db --outage "$(echo "$outage" | cut -c 1-6)" --format json
exits 0; is_silent
[ "$(lines)" -gt 0 ] || fail "--outage that begins so"
! grep -v "\"outage\":\"$outage\"" out || fail "--outage of others that do not begin so"
run list --db x.db --outage 0123456789abcdef
[ "$(lines)" = 0 ] || fail "--outage of none"
exits 1; complains "there is no outage 0123456789abcdef"
run list --db x.db --outage 0123
exits 1; complains "there is no outage 0123"
run list --db x.db --outage 12
exits 2; complains "'12' is no ID"

id=$(sed -n '1s/.*"incident":"\([0-9a-f]*\)".*/\1/p' a.json)
cause=$(sed -n '1s/.*"cause":"\([a-z.-]*\)".*/\1/p' a.json)
run list --db x.db --cause "$cause"
says "$id"
run list --db x.db --cause "${cause%%.*}"
says "$id"
run list --db x.db --cause resolver.clock
[ "$(lines)" = 0 ] || fail "--cause"

run show --db x.db "$id"
exits 0; is_silent; says "$id"; says "w0.example. A"; says "$cause"; says "answers SERVFAIL"
run show --db x.db --format json "$id"
[ "${out//renamed.gz/a.pcap}" = "$(head -n 1 a.json)" ] || fail "show says what read said"
run show --db x.db 0000000000000001
exits 1; complains "there is no incident"
run show --db x.db "$(echo "$id" | cut -c 1-8)"
exits 0; is_silent; says "Incident   $id"

run report --db x.db
says "8 of 8 answers were SERVFAIL (100.0 %), to 1 client"; says "$cause"; says "192.0.2.1"
run report --db x.db --day 2026-01-02
says "3 of 3 answers"
run report --db x.db --day 2020-01-01
exits 0; says "No capture of that time"; says_not "No client got a SERVFAIL"
run report --db x.db -o report.txt
exits 0; [ -z "$out" ] || fail "-o prints nothing"
grep -q "8 of 8 answers" report.txt || fail "-o writes the file"
run report --db x.db -o nosuch/report.txt
exits 1; complains "nosuch/report.txt"

# Hidden clients are hidden in the database, too.
run read --db y.db --quiet --anonymize prefix a.pcap
run list --db y.db
says "192.0.2.0 ->"; says_not "192.0.2.10"
echo "a key that is long enough" >key
run read --quiet --anonymize key:key a.pcap
says "100::"; says_not "192.0.2.10"
first=$out
run read --quiet --anonymize key:key a.pcap
[ "$out" = "$first" ] || fail "pseudonyms stay the same"

# Somebody who may only read the file, in a folder that he may not write to, reads all the same.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    mkdir closed
    cp x.db closed/x.db
    chmod 755 "$folder"
    chmod 555 closed
    chmod 444 closed/x.db
    cp "$DNSBLAME" program && chmod 755 program
    [ "$(setpriv --reuid=65534 --regid=65534 --clear-groups ./program list --db closed/x.db | wc -l)" -eq 8 ] ||
        fail "a reader without the right to write"
fi

# The lab's captures, all at once: what was stored is what was printed.
cd "$OLDPWD" || exit 1
captures=$(ls pcaps/*.pcap 2>/dev/null)
if [ -n "$captures" ]; then
    # shellcheck disable=SC2086
    run read --db "$folder/z.db" --samples 0 --format json $captures
    exits 0
    sort "$folder/out" >"$folder/z.json"
    run list --db "$folder/z.db" --format json
    sort "$folder/out" | cmp -s - "$folder/z.json" || fail "list does not say what read said of the lab's captures"
    # An ID may be cut short, but not to what several have.
    sed 's/.*"incident":"\([0-9a-f]*\)".*/\1/' "$folder/out" | sort >"$folder/ids"
    shared=$(cut -c 1-4 "$folder/ids" | uniq -d | head -n 1)
    [ -n "$shared" ] || fail "of so many some begin alike"
    run show --db "$folder/z.db" "$shared"
    exits 1; complains "several incidents begin with $shared: $(grep -m 1 "^$shared" "$folder/ids"), "
fi

# Of many, some are kept; all are counted.
lame_capture "$folder/many.pcap" 1767225600 60
run read --quiet --db "$folder/many.db" --samples 10 "$folder/many.pcap"
exits 0
run report --db "$folder/many.db"
exits 0; says "60 of 60 answers were SERVFAIL"
[ "$("$DNSBLAME" list --db "$folder/many.db" 2>/dev/null | wc -l)" -lt 40 ] || fail "--samples keeps samples"
run show --db "$folder/many.db" 0000000000000001
exits 1; complains "counted but not kept"

# Who lists is told that they are samples, of what was counted in that time.
run list --db "$folder/many.db"
exits 0; complains " of 60 SERVFAILs are kept with their evidence"
run list --db "$folder/many.db" --to 2026-01-01T00:00:05Z
exits 0; complains " of 60 SERVFAILs of that time" # by minutes
run list --db "$folder/many.db" --from 2026-01-01T00:01:00Z
exits 0; is_silent
outage=$("$DNSBLAME" list --db "$folder/many.db" --format json 2>/dev/null | sed -n '1s/.*"outage":"\([0-9a-f]*\)".*/\1/p')
run list --db "$folder/many.db" --outage "$outage"
exits 0; complains " of that outage"
