# Where files end and the filter begins.
. tests/cli/lib.sh
lame_capture "$folder/a.pcap" 1000 2
cd "$folder" || exit 1

packets() { run read --quiet --stats s.json "$@"; sed -n 's/.*"packets": \([0-9]*\).*/\1/p' s.json; }

[ "$(packets a.pcap)" = 8 ] || fail "all packets are read without a filter"
[ "$(packets a.pcap host 192.0.2.10)" = 4 ] || fail "words that name no file are a filter"
[ "$(packets a.pcap 'host 192.0.2.10 and udp')" = 4 ] || fail "a filter may be one argument"
[ "$(packets -r a.pcap src host 192.0.2.10)" = 2 ] || fail "-r names a file, too"
touch host
[ "$(packets a.pcap -- host 192.0.2.10)" = 4 ] || fail "behind -- all is filter"
rm host
run read a.pcap nosuch.pcap
exits 1; complains "nosuch.pcap"
run read a.pcap ./nosuch
exits 1; complains "nosuch"
run read a.pcap host host
exits 2; complains "the filter 'host host'"
