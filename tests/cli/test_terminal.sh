# On a terminal nothing is wider than it is, but for what is to be copied as it stands: commands, and names that
# are longer. No name is cut.
. tests/cli/lib.sh
command -v script >/dev/null || { echo "skipped: script (bsdutils) is not there"; exit 77; }

# on_terminal COLUMNS ARGUMENT...: $folder/seen is what stands there then.
on_terminal() {
    local columns=$1
    shift
    script -qefc "stty cols $columns rows 24; exec '$DNSBLAME' $* --color never" /dev/null </dev/null 2>&1 |
        tr -d '\r' >"$folder/seen"
}
fits() { # COLUMNS
    awk -v columns="$1" 'length($0) > columns && !/^(  )+(\* )?(dig|dnsblame|traceroute|delv|kdig|nc) / && /[^ ] +[^ ]/' \
        "$folder/seen" >"$folder/wide"
    [ ! -s "$folder/wide" ] || fail "wider than $1: $(cat "$folder/wide")"
    [ "$(wc -l <"$folder/seen")" -gt 10 ] || fail "nothing is said: $(cat "$folder/seen")"
}

# A name that is longer than a column gets.
label=a-customer-with-a-name-that-is-as-long-as-a-label-may-be
pcap_begin "$folder/long.pcap"
dns_packet "$folder/long.pcap" 1795257000 0 10 40000 1 53 100 0100 $label
dns_packet "$folder/long.pcap" 1795257000 1000 1 50000 53 53 200 0000 $label
dns_packet "$folder/long.pcap" 1795257000 3000 53 53 1 50000 200 8005 $label
dns_packet "$folder/long.pcap" 1795257000 5000 1 53 10 40000 100 8182 $label
run read --quiet --sensor s --db "$folder/t.db" pcaps/edns-dropped.unbound.pcap "$folder/long.pcap"
exits 0
for columns in 80 132; do
    on_terminal $columns report --db "$folder/t.db"
    fits $columns
    ! grep -q '[a-z]\.\.\.' "$folder/seen" || fail "$columns columns: cut: $(grep '[a-z]\.\.\.' "$folder/seen")"
    grep -qE "^  $label\.example\.( |\$)" "$folder/seen" || fail "$columns columns: the long name is not whole"
    for incident in $("$DNSBLAME" list --db "$folder/t.db" | awk '{ print $3 }' | head -5); do
        on_terminal $columns show --db "$folder/t.db" "$incident"
        fits $columns
    done
done
