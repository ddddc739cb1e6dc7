"""The 63 cases of the test bed of "Extended DNS Errors: Unlocking the Full Potential of DNS
Troubleshooting" (Nosyk, Korczyński, Duda, IMC 2023) under their names, each a zone below
testbed.net.

The zones lie on servers that they have in common, as there; names, keys and servers' addresses are
of this lab. A case without a cause is a control: resolvers are meant to answer.
"""
import time
from dataclasses import dataclass

import dns.rdata
import dns.rdatatype

from dblab import servers
from dblab.scenario import ALL, scenario
from dblab.signing import (A, DAY, DNSKEY, DSA, ED448, RSAMD5, SignedZone, other_hash, publish,
                           spoilt)

PARENT = "testbed.net."
NSEC3, NSEC3PARAM = dns.rdatatype.NSEC3, dns.rdatatype.NSEC3PARAM
NOT_YET = (time.time() + 300 * DAY, time.time() + 400 * DAY)
EXPIRED = (time.time() - 400 * DAY, time.time() - 300 * DAY)
EXPIRED_BEFORE = (time.time() - DAY, time.time() - 6000 * DAY)  # expired before its inception


@dataclass
class Case:
    """`causes`: the exact one first; none: it resolves. `spoil` alters the signed zone, `ds` its DS
    record (or drops it). `parent`: the fault is in the parent's data as much as in the zone's.
    `denial`: it shows with names that do not exist. `sign`: options of SignedZone, None: unsigned.
    `engine`: who serves it. `glue`: the nameserver's address, where there is no server at all."""
    name: str
    causes: tuple = ()
    spoil: object = None
    ds: object = None
    parent: bool = False
    denial: bool = False
    sign: dict = None
    engine: str = ""
    glue: str = ""

    @property
    def also(self):
        """Mapped addresses are IPv4 on the wire."""
        return [self.glue.removeprefix("::ffff:")] if self.glue.startswith("::ffff:") else []


def signed(name, causes=(), spoil=None, ds=None, **options):
    return Case(name, causes, spoil, ds, sign=options.pop("sign", {}), **options)


# What is done to zones.

def dates(kinds, validity):
    return lambda zone: zone.sign_again(kinds, *validity)


def without_signatures(*kinds, by_ksk=False):
    def spoil(zone):
        zone.drop_signatures(lambda record: (not kinds or record.type_covered in kinds)
                             and (not by_ksk or record.key_tag == zone.ksk.tag))
    return spoil


def bad_signatures(*kinds, by_ksk=False):
    def spoil(zone):
        zone.spoil_signatures(lambda record: record.type_covered in kinds
                              and (not by_ksk or record.key_tag == zone.ksk.tag))
    return spoil


def without(*kinds):
    def spoil(zone):
        for kind in kinds:
            zone.alter(kind, removed)
        zone.drop_signatures(lambda record: record.type_covered in kinds)
    return spoil


def with_fields(**fields):
    """A change of a record: fields get new values, or what a function makes of the old ones."""
    def change(record):
        return record.replace(**{name: value(getattr(record, name)) if callable(value) else value
                                 for name, value in fields.items()})
    return change


def removed(record):
    return None


def altered_keys(which, **fields):
    """Changes fields of the `ksk`, the `zsk` or both; no fields: removes them."""
    change = with_fields(**fields) if fields else removed

    def spoil(zone):
        for name in which.split():
            zone.alter_key(getattr(zone, name), change)
    return spoil


def other_next(zone):
    """The next hashed owner name of every NSEC3 record becomes another one."""
    def change(record):
        fields = record.to_text().split()
        fields[4] = other_hash(fields[4])
        return dns.rdata.from_text("IN", "NSEC3", " ".join(fields))
    zone.alter(NSEC3, change)


# The cases.

EXPIRED_SIGNATURE = ("dnssec.signature-expired",)
EARLY_SIGNATURE = ("dnssec.signature-not-yet-valid",)
NO_SIGNATURE = ("dnssec.signature-missing",)
BAD_SIGNATURE = ("dnssec.signature-invalid",)
BAD_DS = ("dnssec.ds-mismatch",)
# The key that the DS names is not there: either is a way of saying so.
NO_DS_KEY = ("dnssec.ds-mismatch", "dnssec.dnskey-missing")
# The DNSKEY RRset was altered after it was signed, and the key that signed the rest is not in it.
ALTERED_KEYS = ("dnssec.signature-invalid", "dnssec.dnskey-missing")
NO_DENIAL = ("dnssec.denial-invalid",)
UNSIGNED_DENIAL = ("dnssec.denial-invalid", "dnssec.signature-missing")
BAD_DENIAL = ("dnssec.denial-invalid", "dnssec.signature-invalid")
# Some resolvers ask at some of these addresses, and nobody answers.
BAD_ADDRESS = ("unreachable.bad-address", "unreachable.no-response")

GROUPS = {
    "controls": [
        signed("valid"),
        Case("unsigned"),
        signed("no-ds", ds=removed),
        signed("allow-query-none", ("lame.refused",), engine="named-none"),
        signed("allow-query-localhost", ("lame.refused",), engine="named-localhost"),
    ],
    "ds": [
        signed("ds-bad-tag", BAD_DS, ds=with_fields(key_tag=lambda tag: tag ^ 1), parent=True),
        signed("ds-bad-key-algo", BAD_DS, ds=with_fields(algorithm=7), parent=True),
        signed("ds-unassigned-key-algo", ds=with_fields(algorithm=100)),
        signed("ds-reserved-key-algo", ds=with_fields(algorithm=200)),
        signed("ds-unassigned-digest-algo", ds=with_fields(digest_type=100)),
        signed("ds-bogus-digest-value", BAD_DS, ds=with_fields(digest=spoilt), parent=True),
    ],
    "rrsig": [
        signed("rrsig-exp-all", EXPIRED_SIGNATURE, dates((), EXPIRED)),
        signed("rrsig-exp-a", EXPIRED_SIGNATURE, dates((A,), EXPIRED)),
        signed("rrsig-not-yet-all", EARLY_SIGNATURE, dates((), NOT_YET)),
        signed("rrsig-not-yet-a", EARLY_SIGNATURE, dates((A,), NOT_YET)),
        signed("rrsig-exp-before-all", EXPIRED_SIGNATURE, dates((), EXPIRED_BEFORE)),
        signed("rrsig-exp-before-a", EXPIRED_SIGNATURE, dates((A,), EXPIRED_BEFORE)),
        signed("rrsig-no-all", NO_SIGNATURE, without_signatures()),
        signed("rrsig-no-a", NO_SIGNATURE, without_signatures(A)),
        signed("no-rrsig-ksk", NO_SIGNATURE, without_signatures(DNSKEY, by_ksk=True)),
        signed("no-rrsig-dnskey", NO_SIGNATURE, without_signatures(DNSKEY)),
    ],
    "nsec3": [
        signed("bad-nsec3-hash", BAD_DENIAL, SignedZone.rename_hashes, denial=True,
               engine="named"),
        signed("bad-nsec3-next", BAD_DENIAL, other_next, denial=True, engine="named"),
        signed("bad-nsec3-rrsig", BAD_DENIAL, bad_signatures(NSEC3), denial=True),
        signed("bad-nsec3param-salt", NO_DENIAL,
               lambda zone: zone.alter(NSEC3PARAM, with_fields(salt=b"\xc0\xff\xef")),
               denial=True),
        signed("nsec3-missing", NO_DENIAL, without(NSEC3), denial=True),
        signed("nsec3-rrsig-missing", UNSIGNED_DENIAL, without_signatures(NSEC3), denial=True),
        signed("nsec3param-missing", NO_DENIAL, without(NSEC3PARAM), denial=True),
        signed("no-nsec3param-nsec3", NO_DENIAL, without(NSEC3, NSEC3PARAM), denial=True),
        signed("nsec3-iter-200", NO_DENIAL, denial=True, sign={"nsec3": 200}),
    ],
    "dnskey": [
        signed("no-zsk", ALTERED_KEYS, altered_keys("zsk")),
        signed("no-ksk", NO_DS_KEY, altered_keys("ksk")),
        signed("bad-zsk", ALTERED_KEYS, altered_keys("zsk", key=spoilt)),
        signed("bad-ksk", NO_DS_KEY, altered_keys("ksk", key=spoilt)),
        signed("bad-rrsig-ksk", BAD_SIGNATURE, bad_signatures(DNSKEY, by_ksk=True)),
        signed("bad-rrsig-dnskey", BAD_SIGNATURE, bad_signatures(DNSKEY)),
        signed("no-dnskey-256", ALTERED_KEYS, altered_keys("zsk", flags=0)),
        signed("no-dnskey-257", NO_DS_KEY, altered_keys("ksk", flags=0)),
        signed("no-dnskey-256-257", NO_DS_KEY, altered_keys("ksk zsk", flags=0)),
    ],
    "algorithms": [
        signed("bad-zsk-algo", ALTERED_KEYS, altered_keys("zsk", algorithm=7)),
        signed("unassigned-zsk-algo", ALTERED_KEYS, altered_keys("zsk", algorithm=100)),
        signed("reserved-zsk-algo", ALTERED_KEYS, altered_keys("zsk", algorithm=200)),
        signed("ed448", sign={"algorithm": ED448}),
        signed("dsa", sign={"algorithm": DSA, "nsec3": None}),
        signed("rsamd5", sign={"algorithm": RSAMD5, "nsec3": None}),
    ],
    "v6": [Case("v6-" + name, BAD_ADDRESS, glue=glue) for name, glue in (
        ("mapped", "::ffff:1.2.3.4"), ("unspecified", "::"), ("link-local", "fe80::a:b:c:d"),
        ("localhost", "::1"), ("mapped-dep", "::1.2.3.4"), ("doc", "2001:db8::1"),
        ("unique-local", "fc05::20:1"), ("nat64", "64:ff9b::102:304"), ("multicast", "ff02::16"))],
    "v4": [Case("v4-" + name, BAD_ADDRESS, glue=glue) for name, glue in (
        ("hex", "c000:201::"), ("private-10", "10.0.0.1"), ("private-172", "172.16.0.1"),
        ("private-192", "192.168.0.1"), ("this-host", "0.0.0.0"), ("loopback", "127.0.0.1"),
        ("link-local", "169.254.0.1"), ("doc", "198.51.100.0"), ("reserved", "240.0.0.1"))],
}


def closed(who):
    """A named whose zones only `who` may ask."""
    def configuration(host, folder):
        lines, command = servers.named(host, folder)
        return [line.replace("};", f"allow-query {{ {who}; }}; }};")
                if line.startswith("zone ") else line for line in lines], command
    return configuration


servers.ENGINES["named-none"] = closed("none")
servers.ENGINES["named-localhost"] = closed("localhost")


class Bed:
    """The parent zone, and its children's servers as they are needed."""

    def __init__(self, stage):
        self.stage = stage
        stage.zone(PARENT, stage.world.hosting, signed=True)
        self.engines = {}

    def hosts(self, engine):
        if engine not in self.engines:
            number = 1 + 2 * len(self.engines)
            self.engines[engine] = [self.stage.host(f"ns{number + more}.{PARENT}", engine)
                                    for more in (0, 1)]
        return self.engines[engine]

    def place(self, case):
        """Puts a case's zone where it belongs. Returns its name and its servers."""
        name = f"{case.name}.{PARENT}"
        if case.glue:
            v6 = ":" in case.glue
            hosts = [self.stage.host("ns1." + name, None, v4=None if v6 else case.glue,
                                     v6=case.glue if v6 else None)]
            self.stage.zone(name, hosts)
            return name, hosts
        hosts = self.hosts(case.engine or "nsd")
        loads = not case.engine.startswith("named-")  # as far as servers.wait can see
        zone = self.stage.zone(name, hosts, loads=loads)
        if case.sign is not None:
            publish(self.stage.world, zone, case.spoil, case.ds, **case.sign)
        return name, hosts


# Two of the resolvers keep their EDE to themselves unless they are told; the paper's were told.
TELL = {"unbound": ["  ede: yes"], "pdns": ["extended-resolution-errors=yes"]}


def ask_cases(s, names, gap, pause):
    """Asks for a name of each case, and for each once more after a pause."""
    s.controls()
    for turn in (0, 1):
        for number, name in enumerate(names):
            at = 1.5 + number * gap + turn * (len(names) * gap + pause)
            s.patiently(at, (number + turn) % 3, name)


def group(name, claim, gap=0.7, pause=4, **options):
    @scenario("testbed-" + name, claim, resolvers=ALL, **options)
    def build(s):
        s.extra += TELL.get(s.kind, [])
        bed, names = Bed(s), []
        for case in GROUPS[name]:
            zone, hosts = bed.place(case)
            if case.causes:
                s.fails(zone, case.causes, [zone, PARENT] if case.parent else zone,
                        hosts + case.also, required=False, optional=True)
            names.append("www." + zone)
            if case.denial:
                names.append("nothing." + zone)
        ask_cases(s, names, gap, pause)
    return build


group("controls", "The test bed's controls, and servers that refuse.")
group("ds", "The test bed's faults of the DS record.", needs="dnssec")
group("rrsig", "The test bed's faults of signatures.", needs="dnssec")
group("nsec3", "The test bed's faults of the proof that something does not exist.", needs="dnssec")
group("dnskey", "The test bed's faults of the DNSKEY records.", needs="dnssec")
group("algorithms", "The test bed's algorithms that are wrong, new or retired.", needs="dnssec")
group("v6", "The test bed's nameservers with IPv6 addresses that cannot be.", gap=0.4, pause=45)
group("v4", "The test bed's nameservers with IPv4 addresses that cannot be.", gap=0.4, pause=45)
