# Misuse exits 2 and says what is wrong; help and version go to standard output and exit 0.
. tests/cli/lib.sh

run
exits 2; complains "Usage: dnsblame"
run --help
exits 0; says "read"; says "report"; is_silent
run --version
exits 0; says "dnsblame 0"; is_silent
run frobnicate
exits 2; complains "there is no command 'frobnicate'"

for command in read list show report; do
    run $command --help
    exits 0; says "Usage: dnsblame $command"; says "--color WHEN"; is_silent
    [ "$(awk 'length > 80' "$folder/out" | wc -l)" -eq 0 ] || fail "$command --help fits a terminal: $out"
    run $command --version
    exits 0; says "dnsblame 0"
    run $command --no-such-option
    exits 2; complains "there is no option '--no-such-option'"
    run $command -Z
    exits 2; complains "there is no option '-Z'"
    run $command --color
    exits 2; complains "option '--color' needs an argument"
    run $command --color=pink x
    exits 2; complains "--color: 'pink' is none of"
    run $command
    exits 2
    [ $command = read ] || complains "the service's: --config /etc/dnsblame/dnsblame.conf"
done
run read --help
says "--resolver ADDR"; says_not "--limit"; says_not "report"; says_not "html"
run show --help
says "--from URL"; says_not "--from TIME"; says_not "html"
run report --help
says "--from TIME"; says "html"
run watch --help
says_not "report"

lame_capture "$folder/a.pcap" 1000 1
for wrong in --resolver=nonsense --egress=1.2.3 --port=0 --port=65536 --port=x --memory=3 --memory=31 --memory=9999999999 \
    --grace=-1 --anonymize=maybe --anonymize=prefix:33,48 --format=yaml; do
    run read "$wrong" "$folder/a.pcap"
    exits 2; complains "${wrong%%=*}"
done
run read -q -v "$folder/a.pcap"
exits 2
run list --db x --cause=lame.nonsense
exits 2; complains "--cause: 'lame.nonsense'"
run list --db x --day=tomorrow
exits 2; complains "--day"
run list --db x --day=2026-02-30
exits 2
run list --db x --from=2026-01-02 --to=2026-01-01
exits 2; complains "not before"
for zone in Nowhere/Atlantis Europe zone.tab tzdata.zi . ../zoneinfo/UTC; do
    run list --db x --timezone=$zone
    exits 2; complains "there is no time zone '$zone'"
done
run list --db x --db y
exits 2; complains "one --db only"
run list --db x --since 1h --from 10:14
exits 2; complains "exclude each other"
for wrong in --since=0h --since=1 --since=h --since=-1h --since=99999999999d --from=25:00 --client=10.0.0.0/33; do
    run list --db x "$wrong"
    exits 2; complains "${wrong%%=*}"
done
run report --db x --format=yaml
exits 2; complains "only text, markdown, html, json and csv"
run list --db x --format=html
exits 2; complains "only text and json"
run list --db x --outage=0000000000000000
exits 2; complains "'0000000000000000' is no ID"
for wrong in http:// http://user:secret@h/ http://h/a/b; do
    run report --from=$wrong
    exits 2; complains "report: --from: "
    run ship --db x --to=$wrong
    exits 2; complains "ship: --to: "
done
run show --db x --from=2026-01-01 1234
exits 2; complains "no URL"
run show --db x 12
exits 2; complains "no ID"

# What is wrong with files is no misuse.
run read "$folder/nosuch.pcap"
exits 1; complains "nosuch.pcap"
run read nosuch
exits 1; complains "nosuch"
run list --db "$folder/nosuch.db"
exits 1; complains "nosuch.db: No such file"
echo "this is no database at all, whatever its name says" >"$folder/no.db"
run list --db "$folder/no.db"
exits 1; complains "not a dnsblame database"
run read "$folder/a.pcap" --db "$folder/no.db"
exits 1; complains "not a dnsblame database"
run read --anonymize "key:$folder/nosuch.key" "$folder/a.pcap"
exits 1; complains "nosuch.key"
run read --anonymize "key:$folder" "$folder/a.pcap"
exits 1; complains "$folder: Is a directory"
run ship --db x --to http://h/x --credentials "$folder/nosuch"
exits 1; complains "nosuch: No such file"

# Trust anchors are read, and a file that holds none is named with the line.
printf '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n' >"$folder/anchor"
run read --trust-anchor "$folder/anchor" pcaps/refused.named.pcap
exits 0; says lame.refused
printf '. IN DS 20326 8 2\n' >"$folder/anchor"
run read --trust-anchor "$folder/anchor" pcaps/refused.named.pcap
exits 1; complains "$folder/anchor"
