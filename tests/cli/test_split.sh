# A capture in parts, in any order, gives the same incidents and the same database as the whole.
. tests/cli/lib.sh
cd "$folder" || exit 1
lame_capture whole.pcap 1767225600 6
for part in 0 1 2; do
    pcap_begin "part$part.pcap"
done
# The whole cut at packet boundaries: 24 bytes of header, 4 packets of equal size a question.
size=$((($(stat -c %s whole.pcap) - 24) / 6))
for part in 0 1 2; do
    tail -c +$((25 + part * 2 * size)) whole.pcap | head -c $((2 * size)) >>"part$part.pcap"
done

without_frames() { sed 's/"file":"[^"]*","frame":[0-9]*//g' "$folder/out"; }

run read --format json --sensor s --db whole.db whole.pcap
exits 0; is_silent
without_frames >whole.json
[ "$(wc -l <whole.json)" -eq 6 ] || fail "six incidents"
run read --format json --sensor s --db parts.db part2.pcap part0.pcap part1.pcap
exits 0; is_silent
without_frames | cmp -s - whole.json || fail "the parts say something else: $out"

report_of() {
    run report --db "$1"
    sed -e 's/^[0-9]* captures\{0,1\} by/captures by/' -e "s/$1/x.db/" out
}
report_of whole.db >whole.txt
report_of parts.db | diff - whole.txt || fail "the reports differ"
run report --db parts.db
says "3 captures"

# One part read again changes nothing.
run read --quiet --sensor s --db parts.db part0.pcap
exits 0
report_of parts.db | diff - whole.txt || fail "a part read again changes the report"

# A file that is named twice is read once.
ln -s whole.pcap link.pcap
run read --format json whole.pcap link.pcap ./whole.pcap
exits 0
[ "$(wc -l <"$folder/out")" -eq 6 ] || fail "packets happen once, however often their file is named"
