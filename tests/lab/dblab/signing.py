"""Signs small zones record by record, so that any one signature, key or proof can be spoilt before
the zone is written. Healthy zones are signed by ldns-signzone (world.py); this is for the others.
"""
import base64
import time

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa

TTL = 300
DAY = 86400
A, DNSKEY = dns.rdatatype.A, dns.rdatatype.DNSKEY
ZSK, KSK = 256, 257
RSAMD5, DSA, RSASHA256, ED448 = 1, 3, 8, 16
MAKERS = {
    RSAMD5: lambda: rsa.generate_private_key(65537, 1024),
    DSA: lambda: dsa.generate_private_key(1024),
    RSASHA256: lambda: rsa.generate_private_key(65537, 1024),
    ED448: ed448.Ed448PrivateKey.generate,
}
ANYTHING = dns.dnssec.allow_all_policy  # to sign with algorithms that nobody should use


class Key:
    """A private key and its DNSKEY. `tag` stays that of the key as it was made, whatever is done to
    the record afterwards."""

    def __init__(self, flags, algorithm):
        self.private = MAKERS[algorithm]()
        self.record = dns.dnssec.make_dnskey(self.private.public_key(), algorithm, flags)
        self.tag = dns.dnssec.key_id(self.record)

    def ds(self, zone):
        return dns.dnssec.make_ds(zone, self.record, "SHA256")


def spoilt(data):
    """The same bytes, but for one in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x55]) + data[middle + 1:]


class SignedZone:
    """A zone's records, the keys and the signatures, apart from each other.

    `records` is (owner, type) -> rrset; `signatures` is a list of (owner, RRSIG). `nsec3`: the
    number of additional iterations, or None for NSEC."""

    def __init__(self, lines, origin, algorithm=RSASHA256, nsec3=0, salt="c0ffee"):
        self.origin = dns.name.from_text(origin)
        self.validity = (time.time() - DAY, time.time() + 170 * DAY)
        self.ksk, self.zsk = Key(KSK, algorithm), Key(ZSK, algorithm)
        self.salt, self.iterations = salt, nsec3
        self.records = {}
        for line in lines:
            owner, _, _, kind, data = line.split(None, 4)
            self.add(owner, dns.rdata.from_text("IN", kind, data))
        for key in (self.ksk, self.zsk):
            self.add(self.origin, key.record)
        if nsec3 is None:
            self.chain_names()
        else:
            self.chain_hashes()
        self.signatures = []
        for owner, kind in list(self.records):
            self.sign(owner, kind, self.zsk)
        self.sign(self.origin, dns.rdatatype.DNSKEY, self.ksk)

    def add(self, owner, record, ttl=TTL):
        owner = dns.name.from_text(owner) if isinstance(owner, str) else owner
        rrset = self.records.setdefault((owner, record.rdtype),
                                        dns.rrset.RRset(owner, dns.rdataclass.IN, record.rdtype))
        rrset.add(record, ttl)

    def types_at(self, owner, *more):
        return " ".join(sorted(map(dns.rdatatype.to_text, {kind for name, kind in self.records
                                                           if name == owner} | set(more))))

    def chain_names(self):
        names = sorted({owner for owner, _ in self.records})
        for owner, following in zip(names, names[1:] + names[:1]):
            kinds = self.types_at(owner, dns.rdatatype.NSEC, dns.rdatatype.RRSIG)
            self.add(owner, dns.rdata.from_text("IN", "NSEC", f"{following} {kinds}"))

    def chain_hashes(self):
        parameters = f"1 0 {self.iterations} {self.salt}"
        self.add(self.origin, dns.rdata.from_text("IN", "NSEC3PARAM", parameters))
        hashed = sorted((dns.dnssec.nsec3_hash(owner, self.salt, self.iterations, 1), owner)
                        for owner in {owner for owner, _ in self.records})
        following = [text for text, _ in hashed[1:] + hashed[:1]]
        for (text, owner), after in zip(hashed, following):
            kinds = self.types_at(owner, dns.rdatatype.RRSIG)
            self.add(f"{text}.{self.origin}",
                     dns.rdata.from_text("IN", "NSEC3", f"{parameters} {after} {kinds}"))

    def sign(self, owner, kind, key, validity=None):
        inception, expiration = validity or self.validity
        rrset = self.records[owner, kind]
        self.signatures.append((owner, dns.dnssec.sign(
            rrset, key.private, self.origin, key.record, int(inception), int(expiration),
            policy=ANYTHING)))

    # What can be done to it.

    def sign_again(self, kinds, inception, expiration):
        """Signs what is of these types (none: everything) once more, with other dates."""
        old, self.signatures = self.signatures, []
        for owner, record in old:
            if kinds and record.type_covered not in kinds:
                self.signatures.append((owner, record))
                continue
            key = self.ksk if record.key_tag == self.ksk.tag else self.zsk
            self.sign(owner, record.type_covered, key, (inception, expiration))

    def drop_signatures(self, unwanted):
        self.signatures = [(owner, record) for owner, record in self.signatures
                           if not unwanted(record)]

    def spoil_signatures(self, unwanted):
        self.signatures = [(owner, record.replace(signature=spoilt(record.signature))
                            if unwanted(record) else record) for owner, record in self.signatures]

    def alter(self, kind, change):
        """Replaces each record of a type by what `change` makes of it, or drops it (None). The
        signatures stay as they are."""
        for (owner, own_kind), rrset in list(self.records.items()):
            if own_kind == kind:
                altered = [new for new in map(change, rrset) if new is not None]
                del self.records[owner, own_kind]
                for record in altered:
                    self.add(owner, record)

    def alter_key(self, key, change):
        self.alter(dns.rdatatype.DNSKEY,
                   lambda record: change(record) if record == key.record else record)

    def roll(self):
        """Another zone-signing key in the old one's place at once, and everything signed anew."""
        self.alter_key(self.zsk, lambda record: None)
        self.zsk, self.signatures = Key(ZSK, self.zsk.record.algorithm), []
        self.add(self.origin, self.zsk.record)
        for owner, kind in list(self.records):
            self.sign(owner, kind, self.zsk)
        self.sign(self.origin, DNSKEY, self.ksk)

    def rename_hashes(self):
        """Gives all NSEC3 records other owner names, with their signatures."""
        renamed = {}
        for (owner, kind), rrset in list(self.records.items()):
            if kind == dns.rdatatype.NSEC3:
                label = other_hash(owner[0].decode())
                renamed[owner] = dns.name.from_text(f"{label}.{self.origin}")
                del self.records[owner, kind]
                for record in rrset:
                    self.add(renamed[owner], record)
        self.signatures = [(renamed.get(owner, owner), record) for owner, record in self.signatures]

    def lines(self):
        """The zone file."""
        lines = [f"{owner} {rrset.ttl} IN {dns.rdatatype.to_text(kind)} {record}"
                 for (owner, kind), rrset in self.records.items() for record in rrset]
        lines += [f"{owner} {TTL} IN RRSIG {record}" for owner, record in self.signatures]
        return sorted(lines, key=lambda line: " SOA " not in line)


def other_hash(text):
    """Another hash near by: its third digit is the next one."""
    digits, text = "0123456789abcdefghijklmnopqrstuv", text.lower()
    return text[:2] + digits[(digits.index(text[2]) + 1) % len(digits)] + text[3:]


def publish(world, zone, spoil=None, ds=None, **options):
    """Has a zone served as SignedZone signs it and `spoil` leaves it, and returns that. The parent
    gets the DS of the key-signing key, or what `ds` makes of it (None: no DS)."""
    signed = SignedZone(world.lines(zone), zone.name, **options)
    record = signed.ksk.ds(zone.name)
    record = ds(record) if ds else record
    if record is not None:
        world.parent(zone).records.append(f"{zone.name} 3600 IN DS {record}")
    if spoil:
        spoil(signed)
    zone.damage = lambda lines: signed.lines()
    return signed


def sign_anew(zone, owner, kind, validity):
    """Damage to a zone that ldns-signzone has signed: an RRset's signature gets other dates."""
    def damage(lines):
        with open(zone.key + ".private") as file:
            secret = base64.b64decode(file.read().split("PrivateKey:")[1].split()[0])
        private = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
        with open(zone.key + ".key") as file:
            text = file.read().split("DNSKEY")[1].split(";")[0]
        public = dns.rdata.from_text("IN", "DNSKEY", text)
        fields = [line.split(None, 4) for line in lines]
        mine = [one for one in fields if len(one) == 5 and one[0].lower() == owner]
        rrset = dns.rrset.from_text(owner, int(mine[0][1]), "IN", kind,
                                    *[data for _, _, _, own_kind, data in mine if own_kind == kind])
        signature = dns.dnssec.sign(rrset, private, dns.name.from_text(zone.name), public,
                                    *map(int, validity))
        kept = [line for line, one in zip(lines, fields)
                if not (one in mine and one[3] == "RRSIG" and one[4].split()[0] == kind)]
        return kept + [f"{owner} {rrset.ttl} IN RRSIG {signature}"]
    return damage
