# Colour, statistics, damaged input, outputs that take no more, and files that are replaced whole.
. tests/cli/lib.sh
lame_capture "$folder/a.pcap" 1767225600 3
cd "$folder" || exit 1
escape=$(printf '\033')

run read a.pcap
exits 0; is_silent; says "Summary"; says "SERVFAILs by cause"; says_not "$escape"
run read --color always a.pcap
says "$escape["
NO_COLOR=1 run read --color always a.pcap
says "$escape["
run read --format json --color always a.pcap
says_not "$escape"; says_not "Summary"

run read --quiet --stats s.json a.pcap
exits 0; says_not "Summary"
[ "$(wc -l <out)" -eq 3 ] || fail "--quiet is a line an incident"
for key in packets dns_messages dns_responses client_queries client_responses servfails upstream_queries \
    upstream_unanswered dropped evicted first_time last_time; do
    grep -q "\"$key\": " s.json || fail "$key is missing in --stats"
done
grep -q '"packets": 12' s.json || fail "12 packets"
grep -q '"servfails": 3' s.json || fail "3 SERVFAILs"
grep -q '"first_time": "2026-01-01T00:00:00.000000000Z"' s.json || fail "first_time"
pcap_begin empty.pcap
run read --stats s.json empty.pcap
exits 0; grep -q '"first_time": null' s.json || fail "no packet, no first_time"
run read --stats nosuch/s.json a.pcap
exits 1; complains "nosuch/s.json"

# Standard input and files in parts say the same.
run read --format json a.pcap
grep -o '"incident":"[0-9a-f]*"' out >whole
"$DNSBLAME" read --format json - <a.pcap >piped || fail "standard input"
grep -o '"incident":"[0-9a-f]*"' piped | cmp -s - whole || fail "standard input gives the same"
grep -q '"file":"a.pcap"' out || fail "the file's name stands with the evidence"

# Good files are read although one is bad; the good part of a damaged one, too.
head -c 300 a.pcap >cut.pcap
run read --quiet cut.pcap
exits 1; complains "cut.pcap"
head -c 5 /dev/zero >zero.pcap
run read --quiet zero.pcap a.pcap nosuch.pcap
exits 1; complains "zero.pcap"; complains "nosuch.pcap"
[ "$(wc -l <out)" -eq 3 ] || fail "the good file was read"

if [ -w /dev/full ]; then
    for command in "read a.pcap" "read --format json a.pcap" "--help" "read --help"; do
        # shellcheck disable=SC2086
        "$DNSBLAME" $command >/dev/full 2>err
        [ $? -eq 1 ] || fail "'$command' on a full disk"
        grep -q "No space left" err || fail "'$command' names the full disk: $(cat err)"
        [ "$(wc -l <err)" -eq 1 ] || fail "'$command' says it more than once: $(cat err)"
    done
fi

# On a terminal there is colour, unless NO_COLOR is set, and lines keep to its width.
if script -qec true /dev/null >/dev/null 2>&1; then
    on_terminal() { script -qec "stty cols 60; $*" /dev/null </dev/null | tr -d '\r' >out; }
    on_terminal "$DNSBLAME read a.pcap"
    says "$escape["
    [ "$(sed "s/$escape\[[0-9;]*m//g" out | grep '^    [A-Za-z]' | grep -v '(certain' | awk 'length > 60' | wc -l)" -eq 0 ] ||
        fail "sentences keep to 60 columns: $(cat out)"
    NO_COLOR=1 on_terminal "$DNSBLAME read a.pcap"
    says "Summary"; says_not "$escape["
    on_terminal "$DNSBLAME read --color never a.pcap"
    says "Summary"; says_not "$escape["
fi

# A report takes the place of the one before once it is whole; one that was cut off takes nothing.
run read --quiet --db r.db a.pcap
exits 0
page="report --db r.db --day 2026-01-01 --format html -o"
mkdir pages && echo "the one before" >pages/day.html && chmod 640 pages/day.html && ln -s day.html pages/latest.html
# shellcheck disable=SC2086
(
    trap '' XFSZ
    ulimit -f 40
    "$DNSBLAME" $page pages/day.html 2>err
    [ $? -eq 1 ] || fail "a report of which half can be written"
)
complains "pages/day.html: File too large"
[ "$(cat pages/day.html)" = "the one before" ] || fail "the report before stays as it was"
[ "$(ls pages | wc -l)" -eq 2 ] || fail "nothing is left beside it: $(ls pages)"
# One that is killed leaves nothing behind, where the file system has files without a name.
if python3 -c 'import os; os.open("pages", os.O_TMPFILE | os.O_WRONLY)' 2>python; then
    # shellcheck disable=SC2086
    (ulimit -c 0 -f 40; exec "$DNSBLAME" $page pages/day.html 2>err)
    [ $? -gt 128 ] || fail "a report that is killed in the middle: $(cat err)"
    [ "$(ls pages | wc -l)" -eq 2 ] || fail "nothing is left of it: $(ls pages)"
fi
# shellcheck disable=SC2086
run $page pages/latest.html
exits 0; is_silent
[ -L pages/latest.html ] || fail "a link stays one"
grep -q '</html>' pages/day.html || fail "what it leads to is the new report"
[ "$(stat -c %a pages/day.html)" = 640 ] || fail "the same may read it as before"
# shellcheck disable=SC2086
"$DNSBLAME" $page /dev/stdout | grep -q '</html>' || fail "a device is written as it is"
(umask 027; "$DNSBLAME" report --db r.db --day 2026-01-01 -o pages/new.txt)
[ "$(stat -c %a pages/new.txt)" = 640 ] || fail "a new one is as the umask says"

# A day whose midnight the clock is put past is one all the same.
is_titled() { # TITLE ARGUMENT...
    run report --db r.db --format html "${@:2}"
    exits 0; grep -q "^<title>SERVFAIL, $1</title>" out || fail "$(grep "^<title>" out)"
}
[ ! -e /usr/share/zoneinfo/Africa/Cairo ] ||
    is_titled "Friday, 24 April 2026" --day 2026-04-24 --timezone Africa/Cairo
is_titled "Thursday, 1 January 2026" --day 2026-01-01
is_titled "1 January 2026 00:00 to 1 January 2026 12:00" --from 2026-01-01 --to 2026-01-01T12:00:00Z
