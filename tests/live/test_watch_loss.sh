#!/bin/bash
# What the kernel had no room for is counted to the packet, and what is not sure for that reason says so.
. tests/live/lib.sh
add_cable 1

python3 - "$folder" <<'END'
import struct, sys
def frame(source, target, source_port, target_port, dns):
    udp = struct.pack(">HHHH", source_port, target_port, 8 + len(dns), 0) + dns
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(source), bytes(target))
    words = struct.unpack(">10H", ip)
    total = sum(words); total = (total & 0xffff) + (total >> 16); total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", 0xffff - total) + ip[12:]
    return bytes(6) + bytes(6) + b"\x08\x00" + ip + udp
def dns(number, flags, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
client, resolver, server = (192, 0, 2, 1), (192, 0, 2, 53), (198, 51, 100, 1)
def exchange(i, name, rcode):
    return (frame(client, resolver, 20000 + i % 20000, 53, dns(i % 65536, 0x0100, name)),
            frame(resolver, server, 40000 + i % 20000, 53, dns(i % 65521, 0x0000, name)),
            frame(server, resolver, 53, 40000 + i % 20000, dns(i % 65521, 0x8400 | rcode, name)),
            frame(resolver, client, 53, 20000 + i % 20000, dns(i % 65536, 0x8180 | rcode, name)))
def write(file, packets):
    with open(f"{sys.argv[1]}/{file}.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for data in packets:
            out.write(struct.pack("<IIII", 1700000000, 0, len(data), len(data)) + data)
write("flood", [packet for i in range(12500) for packet in exchange(i, f"n{i}.example", 3)])
failing = [exchange(30000 + i, f"f{i}.broken.example", 2) for i in range(50)]
write("questions", [packet for packets in failing for packet in packets[:2]])
write("servfails", [packets[3] for packets in failing])
END

watch -i wire1 --ring-size 1 --db "$folder/w.db" --format json --stats "$folder/stats"
replay -i far1 --topspeed --limit 200 "$folder/flood.pcap" # so that it knows who is who
replay -i far1 --topspeed "$folder/questions.pcap"
sleep 1
kill -STOP $watcher # so that the ring must overflow: whatever answered the questions is not seen
replay -i far1 --topspeed "$folder/flood.pcap"
kill -CONT $watcher
sleep 1
replay -i far1 --topspeed "$folder/servfails.pcap"
sleep 3
stop 0

seen=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["packets"])' "$folder/stats")
dropped=$(sqlite3 "$folder/w.db" "SELECT sum(kernel_drops) FROM health")
[ "$dropped" -gt 1000 ] || fail "only $dropped were dropped: the test shows nothing"
[ $((seen + dropped)) -eq 50350 ] || fail "$seen seen and $dropped dropped are not 50350"
grep -q "wire1: $dropped packets lost" "$folder/err" || fail "it does not say that packets were lost"
verdicts cause <"$folder/out" | uniq -c >"$folder/causes"
[ "$(awk '{ print $1, $2 }' "$folder/causes")" = "50 unattributed.capture-loss" ] ||
    fail "the 50 SERVFAILs whose answers were lost: $(cat "$folder/causes")"
