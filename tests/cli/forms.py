#!/usr/bin/env python3
"""Real captures in other forms: whatever form a capture has, it gives the same incidents.

    forms.py PROGRAM CAPTURE...

Each capture (classic pcap) is read whole; in five parts given in another order; as pcapng, its packets
spread over three interfaces; compressed; and with neighbouring packets swapped. All must give the same
JSON but for `file` and the numbers of frames.
"""
import gzip
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

FRAME_FIELDS = ("file", "frame", "query_frame", "response_frame")


def read_pcap(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        data = file.read()
    header, at, packets = data[:24], 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at : at + 16 + size])
        at += 16 + size
    return header, packets


def write_pcap(path, header, packets):
    with open(path, "wb") as file:
        file.write(header + b"".join(packets))


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def write_pcapng(path, header, packets):
    link_type = struct.unpack_from("<I", header, 20)[0]
    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for snap_length in (65535, 262144, 0):
            file.write(block(1, struct.pack("<HHI", link_type, 0, snap_length)))
        for number, packet in enumerate(packets):
            seconds, micros, captured, wire = struct.unpack_from("<IIII", packet)
            time = seconds * 1000000 + micros
            file.write(block(6, struct.pack("<IIIII", number % 3, time >> 32, time & 0xFFFFFFFF, captured,
                                            wire) + packet[16:]))


def swap_neighbours(packets, random_source):
    packets, at = list(packets), 0
    while at + 1 < len(packets):
        if random_source.random() < 0.3:
            packets[at], packets[at + 1] = packets[at + 1], packets[at]
            at += 1
        at += 1
    return packets


def strip(value):
    if isinstance(value, dict):
        return {name: strip(one) for name, one in value.items() if name not in FRAME_FIELDS}
    return [strip(one) for one in value] if isinstance(value, list) else value


def incidents(program, *paths):
    done = subprocess.run([program, "read", "--format", "json", "--sensor", "s", *paths],
                          capture_output=True, text=True, timeout=300)
    if done.returncode or done.stderr:
        sys.exit(f"FAILED: {paths}: exit {done.returncode}: {done.stderr}")
    return [strip(json.loads(line)) for line in done.stdout.splitlines()]


def forms(folder, header, packets, seed):
    random_source = random.Random(seed)
    cuts = [0, *sorted(random_source.sample(range(1, len(packets)), 4)), len(packets)]
    parts = []
    for number, (begin, end) in enumerate(zip(cuts, cuts[1:])):
        parts.append(os.path.join(folder, f"part{number}.pcap"))
        write_pcap(parts[-1], header, packets[begin:end])
    random_source.shuffle(parts)
    yield "in five parts", parts
    path = os.path.join(folder, "capture.pcapng")
    write_pcapng(path, header, packets)
    yield "as pcapng", [path]
    path = os.path.join(folder, "capture.pcap.gz")
    with gzip.open(path, "wb") as file:
        file.write(header + b"".join(packets))
    yield "compressed", [path]
    path = os.path.join(folder, "swapped.pcap")
    write_pcap(path, header, swap_neighbours(packets, random_source))
    yield "with neighbours swapped", [path]


def main():
    program, captures, failed = sys.argv[1], sys.argv[2:], 0
    for number, capture in enumerate(captures):
        header, packets = read_pcap(capture)
        whole = incidents(program, capture)
        with tempfile.TemporaryDirectory() as folder:
            for form, paths in forms(folder, header, packets, number):
                other = incidents(program, *paths)
                if other != whole:
                    failed += 1
                    different = [pair for pair in zip(whole, other) if pair[0] != pair[1]][:1]
                    print(f"FAILED: {capture} {form}: {len(whole)} and {len(other)} incidents", different)
    print(f"{len(captures) * 4 - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
