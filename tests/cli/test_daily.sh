# The morning's delivery: a folder with an index, and a mail where one is wanted.
. tests/cli/lib.sh
daily=$PWD/dist/dnsblame-daily
export DNSBLAME
today=$(date -u +%F)
yesterday=$(date -u -d yesterday +%F)
lame_capture "$folder/a.pcap" "$(date -u -d "$yesterday 12:00" +%s)" 5
run read -q --db "$folder/x.db" --sensor '<b>tap</b>' "$folder/a.pcap"
exits 0
run report --db "$folder/x.db" --format html -o "$folder/probe.html"
[ "$status" -ne 2 ] || { echo "this build makes no HTML"; exit 77; }

deliver() { "$daily" "$folder/reports" --db "$folder/x.db" "$@" >"$folder/out" 2>"$folder/err" || fail "$(cat "$folder/err")"; }

deliver
[ -s "$folder/reports/$yesterday.html" ] || fail "no HTML of yesterday"
grep -q '"servfails": 5' "$folder/reports/$yesterday.json" || fail "no JSON of yesterday"
grep -q "href=\"$yesterday.html\"" "$folder/reports/index.html" || fail "the index does not lead to it"
grep -q "5 of 5 answers" "$folder/reports/index.html" || fail "the index has no headline"
! grep -qiE "https?:|<script" "$folder/reports/index.html" || fail "the index reaches out"
[ "$(find "$folder/reports" -type f | wc -l)" -eq 3 ] || fail "something was left behind: $(ls -A "$folder/reports")"

# Another day comes on top; the same day again changes nothing else.
deliver --day "$today"
deliver
[ "$(grep -o 'href="[0-9-]*\.html"' "$folder/reports/index.html" | head -n 1)" = "href=\"$today.html\"" ] ||
    fail "the newest is not first: $(cat "$folder/reports/index.html")"
[ "$(grep -c '<li>' "$folder/reports/index.html")" -eq 2 ] || fail "each day once"
KEEP_DAYS=1 deliver --day "$today"
[ ! -e "$folder/reports/$yesterday.html" ] && [ ! -e "$folder/reports/$yesterday.json" ] || fail "KEEP_DAYS"

# By mail.
MAILTO=noc@example.org SENDMAIL="tee $folder/mail" deliver
grep -q "^To: noc@example.org" "$folder/mail" || fail "whom to"
grep -q "^Subject: SERVFAILs of $yesterday" "$folder/mail" || fail "the subject"
sed '1,/^$/d' "$folder/mail" | grep -q "5 of 5 answers were SERVFAIL" || fail "the text: $(cat "$folder/mail")"

# Without a database it says so, and leaves what is there.
! "$daily" "$folder/reports" --db "$folder/nosuch.db" 2>"$folder/err" || fail "no database is no failure"
complains "nosuch.db"
[ -s "$folder/reports/index.html" ] && [ -z "$(find "$folder/reports" -name '.new*')" ] || fail "it leaves rubbish"
