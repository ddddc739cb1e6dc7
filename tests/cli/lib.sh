# What the scripts share. Each says what it expects in one line an assertion; the first that does not hold
# ends the script.
set -u
DNSBLAME=${DNSBLAME:?names the program}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset NO_COLOR
export TERM=xterm

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# run ARGUMENT...: runs the program; $status, $out and $err are what came of it.
run() {
    "$DNSBLAME" "$@" >"$folder/out" 2>"$folder/err" </dev/null
    status=$?
    out=$(cat "$folder/out")
    err=$(cat "$folder/err")
}

exits() { [ "$status" -eq "$1" ] || fail "exit $status instead of $1: $err"; }
says() { grep -qF -- "$1" "$folder/out" || fail "'$1' is not in the output: $out"; }
says_not() { ! grep -qF -- "$1" "$folder/out" || fail "'$1' is in the output: $out"; }
complains() { grep -qF -- "$1" "$folder/err" || fail "'$1' is not in the complaint: $err"; }
is_silent() { [ -z "$err" ] || fail "there is a complaint: $err"; }

# Octets, given in hexadecimal.
octets() { printf "$(printf '%s' "$*" | tr -d ' \n' | sed 's/../\\x&/g')"; }
le32() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
be16() { printf '%04x' "$1"; }

# pcap_begin FILE: an empty capture of raw IP packets.
pcap_begin() { octets d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000 >"$1"; }

# dns_packet FILE SECOND MICROSECOND FROM FROMPORT TO TOPORT ID FLAGS [LABEL]: a DNS message about
# LABEL.example. A over UDP and IPv4; the addresses' last octet, network 192.0.2.0/24.
dns_packet() {
    local label=${10:-www} name dns size
    name=$(printf '%02x' ${#label})$(printf '%s' "$label" | od -An -tx1 | tr -d ' \n')076578616d706c6500
    dns="$(be16 "$8")$9"0001000000000000"$name"00010001
    size=$((${#dns} / 2))
    octets "$(le32 "$2")$(le32 "$3")$(le32 $((size + 28)))$(le32 $((size + 28)))" \
        "4500$(be16 $((size + 28)))0000000040110000c00002$(printf '%02x' "$4")c00002$(printf '%02x' "$6")" \
        "$(be16 "$5")$(be16 "$7")$(be16 $((size + 8)))0000" "$dns" >>"$1"
}

# A client, a resolver and one server that refuses, COUNT questions one second apart from SECOND on, each
# asked upstream and failed. The flags: RD; none; QR+REFUSED; QR+RD+RA+SERVFAIL.
lame_capture() {
    local i
    pcap_begin "$1"
    for ((i = 0; i < $3; i++)); do
        dns_packet "$1" $(($2 + i)) 0 10 $((40000 + i)) 1 53 $((100 + i)) 0100 "w$i"
        dns_packet "$1" $(($2 + i)) 1000 1 $((50000 + i)) 53 53 $((200 + i)) 0000 "w$i"
        dns_packet "$1" $(($2 + i)) 3000 53 53 1 $((50000 + i)) $((200 + i)) 8005 "w$i"
        dns_packet "$1" $(($2 + i)) 5000 1 53 10 $((40000 + i)) $((100 + i)) 8182 "w$i"
    done
}
