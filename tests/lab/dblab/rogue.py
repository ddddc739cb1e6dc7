"""A programmable authoritative server.

    rogue.py CONFIG

CONFIG is JSON, a list of hosts: {addresses, zones: [[name, file]...], udp_only, rtt (seconds),
fault: [rule...]}.
A question is answered properly out of the host's zones unless a rule fits it; the first that fits
decides. A rule: {"act": ACTION, and any of "names": suffixes, "exact": names, "types", "proto":
"udp"|"tcp", "edns": whether the query has it, "not_every": n (every n-th question is left alone),
"after": n (the first n questions are left alone), "dnssec": whether the query has DO, "phases":
[n...], and what the action needs. All servers begin in phase 0; SIGUSR1 takes them to the next.
"""
import heapq
import json
import selectors
import signal
import socket
import struct
import sys
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone


class Authority:
    """Answers out of zone files, as a plain server does: referrals, CNAMEs, NODATA, NXDOMAIN."""

    def __init__(self, zones):
        self.zones = {}
        for name, file in zones:
            origin = dns.name.from_text(name)
            self.zones[origin] = dns.zone.from_file(file, origin=origin, relativize=False,
                                                    check_origin=False)

    def zone_of(self, name):
        fitting = [origin for origin in self.zones if name.is_subdomain(origin)]
        return max(fitting, key=len) if fitting else None

    def reply(self, query):
        response = dns.message.make_response(query, our_payload=1232)
        question = query.question[0]
        origin = self.zone_of(question.name)
        if origin is None:
            response.set_rcode(dns.rcode.REFUSED)
            return response
        name = question.name
        for _ in range(8):
            target = self.add(response, origin, name, question.rdtype)
            if target is None or not target.is_subdomain(origin):
                break
            name = target
        return response

    def add(self, response, origin, name, rdtype):
        """Adds what the zone says of a name. Returns the target of a CNAME."""
        zone = self.zones[origin]
        for depth in range(len(origin) + 1, len(name) + 1):
            cut = name.split(depth)[1]
            delegation = zone.get_rdataset(cut, "NS")
            if delegation and not (rdtype == dns.rdatatype.DS and cut == name):
                self.refer(response, zone, cut, delegation)
                return None
        response.flags |= dns.flags.AA
        alias = zone.get_rdataset(name, "CNAME")
        if alias and rdtype != dns.rdatatype.CNAME:
            response.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, alias))
            return alias[0].target
        found = zone.get_rdataset(name, rdtype)
        if found:
            response.answer.append(dns.rrset.from_rdata_list(name, found.ttl, found))
            return None
        soa = zone.get_rdataset(origin, "SOA")
        response.authority.append(dns.rrset.from_rdata_list(origin, 300, soa))
        if not any(other.is_subdomain(name) for other in zone.nodes):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return None

    def refer(self, response, zone, cut, delegation):
        response.authority.append(dns.rrset.from_rdata_list(cut, delegation.ttl, delegation))
        for server in delegation:
            for kind in ("A", "AAAA"):
                glue = zone.get_rdataset(server.target, kind)
                if glue:
                    response.additional.append(
                        dns.rrset.from_rdata_list(server.target, glue.ttl, glue))


def answer(host, rule, query):
    return [(0, host.authority.reply(query).to_wire(), None)]


def silent(host, rule, query):
    return []


def delay(host, rule, query):
    return [(rule["seconds"], host.authority.reply(query).to_wire(), None)]


def rcode(host, rule, query):
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.from_text(rule["rcode"]))
    if rule.get("ra"):
        response.flags |= dns.flags.RA
    if not rule.get("edns_back", True):
        response.use_edns(False)
    return [(rule.get("seconds", 0), response.to_wire(), None)]


def without_authority(host, rule, query):
    response = host.authority.reply(query)
    response.flags &= ~dns.flags.AA
    return [(0, response.to_wire(), None)]


def empty(host, rule, query):
    """Neither authority nor data: a cache that has nothing and may not go and ask."""
    return [(0, dns.message.make_response(query).to_wire(), None)]


def self_referral(host, rule, query):
    """The zone's own NS records, no authority: what a cache has of a zone it does not serve."""
    response = dns.message.make_response(query)
    origin = host.authority.zone_of(query.question[0].name)
    servers = host.authority.zones[origin].get_rdataset(origin, "NS")
    response.authority.append(dns.rrset.from_rdata_list(origin, servers.ttl, servers))
    return [(0, response.to_wire(), None)]


def upward_referral(host, rule, query):
    response = dns.message.make_response(query)
    servers = [line + "." for line in rule["servers"]]
    response.authority.append(dns.rrset.from_text(rule.get("to", "."), 518400, "IN", "NS",
                                                  *servers))
    return [(0, response.to_wire(), None)]


def wrong_id(host, rule, query):
    wire = bytearray(host.authority.reply(query).to_wire())
    wire[0:2] = struct.pack("!H", query.id ^ 0x5a5a)
    return [(0, bytes(wire), None)]


def wrong_source(host, rule, query):
    return [(0, host.authority.reply(query).to_wire(), rule["sources"])]


def wrong_question(host, rule, query):
    other = dns.message.make_query(rule["name"], query.question[0].rdtype)
    other.id = query.id
    return [(0, host.authority.reply(other).to_wire(), None)]


def truncate(host, rule, query):
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA | dns.flags.TC
    return [(0, response.to_wire(), None)]


def mangle(host, rule, query):
    """A message that ends in the middle of its first record."""
    wire = host.authority.reply(query).to_wire()
    question_end = 12 + len(query.question[0].name.to_wire()) + 4
    return [(0, wire[:question_end + 14], None)]


def lower_case(host, rule, query):
    """Repeats the question in lower case, whatever case it came in."""
    response = host.authority.reply(query)
    response.question[0].name = dns.name.from_text(query.question[0].name.to_text().lower())
    return [(0, response.to_wire(), None)]


def other_owner(host, rule, query):
    response = host.authority.reply(query)
    for rrset in response.answer:
        rrset.name = dns.name.from_text(rule["name"])
    return [(0, response.to_wire(), None)]


def lie(host, rule, query):
    """What a captive portal says: its own address for every name, nothing else, and with RA."""
    response = dns.message.make_response(query, recursion_available=True)
    question = query.question[0]
    if question.rdtype == dns.rdatatype.A:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", rule["address"]))
    return [(0, response.to_wire(), None)]


def park(host, rule, query):
    """A registrar's parking: the same address whatever is asked for, and of other types nothing."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    question = query.question[0]
    if question.rdtype == dns.rdatatype.A:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", rule["address"]))
    else:
        soa = f"{rule['server']} hostmaster.{rule['server']} 1 7200 3600 1209600 300"
        response.authority.append(dns.rrset.from_text(question.name, 300, "IN", "SOA", soa))
    return [(0, response.to_wire(), None)]


def alias(host, rule, query):
    """An alias whatever the type, also where the zone's own records should be."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "CNAME",
                                               rule["target"]))
    return [(0, response.to_wire(), None)]


def bare(host, rule, query):
    """A header and nothing else."""
    response = dns.message.make_response(query)
    response.use_edns(False)
    response.set_rcode(dns.rcode.from_text(rule["rcode"]))
    response.question = []
    return [(0, response.to_wire(), None)]


def half(host, rule, query):
    """Over TCP: the first half of a message, then the end of the connection."""
    wire = host.authority.reply(query).to_wire()
    return [(0, (wire, len(wire) // 2), None)]


def hang_up(host, rule, query):
    return None


def relay(host, rule, query):
    """Asks a real resolver and hands its answer on, late if so wished, or without signatures."""
    if rule.get("strip"):
        query = dns.message.from_wire(query.to_wire())
        query.ednsflags &= ~dns.flags.DO
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
        upstream.settimeout(2)
        upstream.sendto(query.to_wire(), (rule["to"], 53))
        try:
            return [(rule.get("seconds", 0), upstream.recv(65535), None)]
        except OSError:
            return []


ACTIONS = {function.__name__: function for function in (
    answer, silent, delay, rcode, without_authority, empty, self_referral,
    upward_referral, wrong_id, wrong_source,
    wrong_question, truncate, mangle, lower_case, other_owner, lie, relay,
    park, alias, bare, half, hang_up)}


class Host:
    phase = 0

    @classmethod
    def turn(cls, *_):
        cls.phase += 1

    def __init__(self, entry):
        self.authority = Authority(entry["zones"])
        self.rules = [dict(rule, seen=0) for rule in entry["fault"]]
        self.udp_only = entry["udp_only"]
        self.rtt = entry.get("rtt", 0)

    def fits(self, rule, query, proto):
        question = query.question[0]
        text = question.name.to_text().lower()
        if "names" in rule and not any(("." + text).endswith("." + name) for name in rule["names"]):
            return False
        if "exact" in rule and text not in rule["exact"]:
            return False
        if "types" in rule and dns.rdatatype.to_text(question.rdtype) not in rule["types"]:
            return False
        if "edns" in rule and rule["edns"] != (query.edns >= 0):
            return False
        if "proto" in rule and rule["proto"] != proto:
            return False
        if "dnssec" in rule and rule["dnssec"] != bool(query.ednsflags & dns.flags.DO):
            return False
        if "phases" in rule and Host.phase not in rule["phases"]:
            return False
        rule["seen"] += 1
        if "not_every" in rule and rule["seen"] % rule["not_every"] == 0:
            return False
        return rule["seen"] > rule.get("after", 0)

    def handle(self, wire, proto):
        """The (delay, message, other source) to send."""
        try:
            query = dns.message.from_wire(wire, ignore_trailing=True)
        except dns.exception.DNSException:
            return []
        if not query.question or query.flags & dns.flags.QR:
            return []
        for rule in self.rules:
            if self.fits(rule, query, proto):
                return ACTIONS[rule["act"]](self, rule, query)
        return answer(self, None, query)


class Server:
    def __init__(self, entries):
        self.selector = selectors.DefaultSelector()
        self.later = []
        self.order = 0
        self.sockets = {}
        for entry in entries:
            host = Host(entry)
            for address in entry["addresses"]:
                self.listen(host, address)

    def listen(self, host, address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((address, 53))
        self.sockets[address] = udp
        self.selector.register(udp, selectors.EVENT_READ, host)
        if not host.udp_only:
            tcp = socket.socket(family, socket.SOCK_STREAM)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((address, 53))
            tcp.listen(16)
            threading.Thread(target=self.accept, args=(host, tcp), daemon=True).start()

    def accept(self, host, listener):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.converse, args=(host, connection), daemon=True).start()

    def converse(self, host, connection):
        connection.settimeout(30)
        with connection, connection.makefile("rb") as stream:
            try:
                while True:
                    length = stream.read(2)
                    if len(length) < 2:
                        return
                    wire = stream.read(struct.unpack("!H", length)[0])
                    replies = host.handle(wire, "tcp")
                    if replies is None:
                        return
                    for pause, reply, _ in replies:
                        time.sleep(pause + host.rtt)
                        whole = len(reply)
                        if isinstance(reply, tuple):
                            whole, reply = len(reply[0]), reply[0][:reply[1]]
                        connection.sendall(struct.pack("!H", whole) + reply)
                        if len(reply) < whole:
                            return
            except OSError:
                return

    def send(self, udp, peer, wire, sources):
        if sources:
            family = 6 if udp.family == socket.AF_INET6 else 4
            udp = self.sockets[sources[str(family)]]
        udp.sendto(wire, peer)

    def run(self):
        while True:
            pause = max(0, self.later[0][0] - time.monotonic()) if self.later else None
            for key, _ in self.selector.select(pause):
                wire, peer = key.fileobj.recvfrom(65535)
                for seconds, reply, sources in key.data.handle(wire, "udp") or []:
                    self.order += 1
                    at = time.monotonic() + seconds + key.data.rtt
                    heapq.heappush(self.later, (at, self.order, key.fileobj, peer, reply, sources))
            while self.later and self.later[0][0] <= time.monotonic():
                _, _, udp, peer, reply, sources = heapq.heappop(self.later)
                self.send(udp, peer, reply, sources)


def main():
    signal.signal(signal.SIGUSR1, Host.turn)
    with open(sys.argv[1]) as file:
        Server(json.load(file)).run()


if __name__ == "__main__":
    main()
