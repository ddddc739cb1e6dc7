#!/bin/bash
# A clock that is set back by an hour, and forth by two, takes nothing and blames nobody else.
. tests/cli/lib.sh

python3 - "$folder/stepped.pcap" <<'END'
import struct, sys
def packets(name):
    with open(f"pcaps/{name}.pcap", "rb") as file:
        file.read(24)
        while record := file.read(16):
            yield list(struct.unpack("<IIII", record)), file.read(struct.unpack_from("<I", record, 8)[0])
now = 1800000000
with open("pcaps/refused.kresd.pcap", "rb") as file:
    head = file.read(24)
with open(sys.argv[1], "wb") as out:
    out.write(head)
    for name, step in (("refused.kresd", 0), ("dname-broken.kresd", -3600), ("deep-refused.kresd", 7200)):
        now += step
        begun = None
        for record, data in packets(name):
            begun = record[0] if begun is None else begun
            record[0] += now - begun
            out.write(struct.pack("<IIII", *record) + data)
        now = record[0] + 1
END
verdicts() {
    "$DNSBLAME" read --format json "$@" | python3 -c '
import json, sys
for line in sys.stdin:
    one = json.loads(line)
    print(one["client"], one["id"], one["qname"], one["cause"], one["zone"], one["confidence"])'
}
verdicts "$folder/stepped.pcap" | sort >"$folder/stepped"
for name in refused dname-broken deep-refused; do
    verdicts pcaps/$name.kresd.pcap
done | sort >"$folder/straight"
[ -s "$folder/straight" ] || fail "nothing to compare"
diff "$folder/straight" "$folder/stepped" || fail "a clock that steps changes verdicts"
