"""Reads captures and takes DNS messages out of them, independently of the program under test.

Knows what the lab's own tcpdump writes, no more: classic little-endian pcap with microseconds,
Ethernet and Linux cooked v2, UDP and TCP without IP fragments.
"""
import gzip
import ipaddress
import struct
from dataclasses import dataclass

import dns.exception
import dns.message

ETHERNET, SLL2 = 1, 276


@dataclass
class Message:
    time_ns: int
    source: str
    source_port: int
    target: str
    target_port: int
    transport: str
    dns: object

    @property
    def question(self):
        return self.dns.question[0] if self.dns.question else None


def opened(file):
    return (gzip.open if file.endswith(".gz") else open)(file, "rb")


def packets(file):
    """Yields (record header and bytes, nanoseconds, link type, bytes)."""
    with opened(file) as capture:
        head = capture.read(24)
        magic, = struct.unpack_from("<I", head)
        if magic != 0xa1b2c3d4:
            raise ValueError(f"{file} is not a pcap file of this lab")
        link, = struct.unpack_from("<I", head, 20)
        while record := capture.read(16):
            seconds, micros, length, _ = struct.unpack("<IIII", record)
            data = capture.read(length)
            yield record + data, seconds * 10**9 + micros * 1000, link, data


def merge(files, output):
    """Writes several captures of one link type as one, in time order."""
    records = []
    for file in files:
        records += [(time_ns, record) for record, time_ns, _, _ in packets(file)]
    records.sort(key=lambda entry: entry[0])
    with open(files[0], "rb") as first, open(output, "wb") as merged:
        merged.write(first.read(24))
        merged.writelines(record for _, record in records)


def segments(files):
    """Yields (nanoseconds, protocol number, source, target, transport header and payload)."""
    for file in files:
        for _, time_ns, link, data in packets(file):
            kind, at = (12, 14) if link == ETHERNET else (0, 20)
            kind, = struct.unpack_from("!H", data, kind)
            data = data[at:]
            if kind == 0x0800:
                length, = struct.unpack_from("!H", data, 2)
                if struct.unpack_from("!H", data, 6)[0] & 0x1fff:
                    continue
                yield (time_ns, data[9], str(ipaddress.ip_address(data[12:16])),
                       str(ipaddress.ip_address(data[16:20])), data[(data[0] & 15) * 4:length])
            elif kind == 0x86dd:
                length, = struct.unpack_from("!H", data, 4)
                yield (time_ns, data[6], str(ipaddress.ip_address(data[8:24])),
                       str(ipaddress.ip_address(data[24:40])), data[40:40 + length])


def messages(files):
    """All DNS messages on port 53, in time order."""
    found = []
    streams = {}
    for time_ns, protocol, source, target, data in segments(files):
        if protocol not in (6, 17) or len(data) < 8:
            continue
        ports = struct.unpack_from("!HH", data)
        if 53 not in ports:
            continue
        if protocol == 17:
            add(found, time_ns, source, target, ports, "udp", data[8:])
        else:
            sequence, = struct.unpack_from("!I", data, 4)
            payload = data[(data[12] >> 4) * 4:]
            stream = streams.setdefault((source, target, ports), {"syn": None, "bytes": {}})
            if data[13] & 2:
                stream["syn"] = sequence + 1
            for offset, byte in enumerate(payload):
                stream["bytes"].setdefault((sequence + offset) & 0xffffffff, (byte, time_ns))
    for (source, target, ports), stream in streams.items():
        add_stream(found, source, target, ports, stream)
    return sorted(found, key=lambda message: message.time_ns)


def add(found, time_ns, source, target, ports, transport, wire):
    try:
        message = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return
    found.append(Message(time_ns, source, ports[0], target, ports[1], transport, message))


def add_stream(found, source, target, ports, stream):
    """Cuts a TCP byte stream into messages; each has the time of its last byte."""
    if stream["syn"] is None:
        return
    data, times, at = bytearray(), [], stream["syn"] & 0xffffffff
    while at in stream["bytes"]:
        byte, time_ns = stream["bytes"][at]
        data.append(byte)
        times.append(time_ns)
        at = (at + 1) & 0xffffffff
    start = 0
    while start + 2 <= len(data):
        end = start + 2 + struct.unpack_from("!H", data, start)[0]
        if end > len(data):
            return
        add(found, times[end - 1], source, target, ports, "tcp", bytes(data[start + 2:end]))
        start = end
