"""The names and numbers of the little internet: hosts, zones, delegations, keys, signed zone files.

A World starts out whole and healthy: a signed root on two servers, signed com, net and org, zones
below them on nsd, knot and named. A scenario adds zones and hosts to it, and faults to those.
"""
import copy
import os
import subprocess
from dataclasses import dataclass, field

NETWORKS_V4 = ["185.37.{n}.4", "194.62.{n}.53", "78.47.{n}.10", "91.198.{n}.2", "46.23.{n}.35",
               "212.60.{n}.7", "81.2.{n}.130", "5.196.{n}.21"]
NETWORKS_V6 = ["2a01:4f8:{n:x}::4", "2a0c:62:{n:x}::53", "2001:67c:{n:x}::10", "2a02:c7:{n:x}::2"]
TTL = 3600


@dataclass
class Host:
    """A server: its name, its addresses and the program that serves on it: nsd, knot, named, rogue,
    "absent" (the machine is there, the program is not) or None (the addresses are nowhere)."""
    name: str
    engine: str
    v4: str
    v6: str
    fault: list = field(default_factory=list)  # rules of rogue.py
    udp_only: bool = False
    rtt: float = 0  # seconds that a rogue's answers are on their way
    rate_limit: tuple = ()  # knot's: answers a second, and of what is over it one in so many is TC
    zones: list = field(default_factory=list)

    @property
    def addresses(self):
        return [address for address in (self.v4, self.v6) if address]


@dataclass
class Zone:
    """`glue` False: the parent gives names only. `ds`: good, bad or none."""
    name: str
    hosts: list
    records: list = field(default_factory=list)
    names: list = field(default_factory=list)  # NS names without a host of ours
    aliases: list = field(default_factory=list)  # NS names in place of the hosts' own
    signed: bool = False
    nsec3: bool = False
    ds: str = "good"
    glue: bool = True
    signature: tuple = ()  # ldns-signzone's -i and -e, for broken ones
    damage: object = None  # a function from the finished zone's lines to others
    loads: bool = True
    served: bool = True  # False: its hosts were never told of it
    delegated: bool = True  # False: an internal zone, of which its parent does not know
    copies: dict = field(default_factory=dict)  # host name -> what its own copy's lines are

    @property
    def ns_names(self):
        return self.aliases or [host.name for host in self.hosts] + self.names


def in_zone(name, zone):
    return zone == "." or name == zone or name.endswith("." + zone)


class World:
    def __init__(self):
        self.hosts = []
        self.zones = {}
        self.stale_anchor = False
        self.build_healthy()

    def host(self, name, engine="nsd", fault=(), v4=True, v6=True, **options):
        """Adds a server. v4 and v6: True for an ordinary address, None for none, or the address."""
        number = len(self.hosts) + 1
        if v4 is True:
            v4 = NETWORKS_V4[number % len(NETWORKS_V4)].format(n=number * 7 % 250)
        if v6 is True:
            v6 = NETWORKS_V6[number % len(NETWORKS_V6)].format(n=0x100 + number * 29)
        host = Host(name, engine, v4, v6, list(fault), **options)
        self.hosts.append(host)
        return host

    def zone(self, name, hosts=(), records=None, **options):
        """Adds a zone on its hosts. Its parent delegates to it; www and an address at the apex are
        there unless other records are given."""
        if records is None:
            octet = 10 + len(self.zones)
            records = [f"{name} 300 IN A 146.75.{octet}.80",
                       f"www.{name} 300 IN A 146.75.{octet}.81",
                       f"www.{name} 300 IN AAAA 2a04:4e42:{octet:x}::81",
                       f"mail.{name} 300 IN A 146.75.{octet}.25",
                       f"{name} 300 IN MX 10 mail.{name}"]
        zone = Zone(name, list(hosts), list(records), **options)
        self.zones[name] = zone
        for host in hosts:
            if zone.served:
                host.zones.append(zone)
        return zone

    def build_healthy(self):
        root = [self.host("a.root-servers.net.", "nsd"), self.host("b.root-servers.net.", "knot")]
        registry = [self.host("a.gtld-servers.net.", "nsd"),
                    self.host("b.gtld-servers.net.", "knot")]
        org = [self.host("a0.org.afilias-nst.org.", "knot"),
               self.host("b0.org.afilias-nst.org.", "nsd")]
        self.zone(".", root, [], signed=True)
        self.zone("root-servers.net.", root, [])
        self.zone("com.", registry, [], signed=True, nsec3=True)
        self.zone("net.", registry, [], signed=True, nsec3=True)
        self.zone("gtld-servers.net.", registry, [])
        self.zone("org.", org, [], signed=True)
        self.hosting = [self.host("ns1.quayhosting.net.", "nsd"),
                        self.host("ns2.quayhosting.net.", "knot")]
        self.zone("quayhosting.net.", self.hosting)
        self.zone("lighthouse.com.", self.hosting, signed=True)
        self.zone("breakwater.net.", self.hosting)
        self.harbor = [self.host("ns1.harbor.org.", "named"), self.host("ns2.harbor.org.", "knot")]
        self.zone("harbor.org.", self.harbor, signed=True)

    def parent(self, zone):
        labels = zone.name.rstrip(".").split(".")
        for index in range(1, len(labels)):
            name = ".".join(labels[index:]) + "."
            if name in self.zones:
                return self.zones[name]
        return self.zones["."]

    def children(self, zone):
        return [child for child in self.zones.values()
                if child.name != "." and child.delegated and self.parent(child) is zone]

    def host_records(self, host):
        records = []
        if host.v4:
            records.append(f"{host.name} {TTL} IN A {host.v4}")
        if host.v6:
            records.append(f"{host.name} {TTL} IN AAAA {host.v6}")
        return records

    def zone_of(self, name):
        return max((zone for zone in self.zones.values() if in_zone(name, zone.name)),
                   key=lambda zone: len(zone.name))

    def lines(self, zone):
        """The zone's unsigned records."""
        lines = [f"{zone.name} {TTL} IN SOA {zone.ns_names[0]} hostmaster.{zone.name.lstrip('.')} "
                 "2026112101 7200 3600 1209600 300"]
        lines += [f"{zone.name} {TTL} IN NS {name}" for name in zone.ns_names]
        lines += zone.records
        for host in self.hosts:
            if self.zone_of(host.name) is zone:
                lines += self.host_records(host)
        for child in self.children(zone):
            lines += [f"{child.name} {TTL} IN NS {name}" for name in child.ns_names]
            for host in child.hosts:
                # Glue: for what lies below the cut, and at the root for all that it delegates to.
                below = in_zone(host.name, zone.name) and self.zone_of(host.name) is not zone
                if child.glue and below:
                    lines += self.host_records(host)
            if child.signed and child.ds != "none":
                lines += self.ds_records(child)
        return list(dict.fromkeys(lines))

    def ds_records(self, zone):
        with open(zone.key + ".ds") as file:
            fields = file.read().split()
        digest = "".join(fields[fields.index("DS") + 4:])
        tag, algorithm, digest_type = fields[fields.index("DS") + 1:fields.index("DS") + 4]
        if zone.ds == "bad":
            digest = digest[::-1]
        return [f"{zone.name} {TTL} IN DS {tag} {algorithm} {digest_type} {digest}"]

    def write(self, folder):
        """Writes all zone files, signed where they are to be, and the root's hints and anchor."""
        for zone in self.zones.values():
            zone.file = os.path.join(folder, (zone.name.strip(".") or "root") + ".zone")
            if zone.signed:
                zone.key = self.make_key(folder, zone.name)
        for zone in self.zones.values():
            self.write_zone(folder, zone)
        root = self.zones["."]
        self.hints = os.path.join(folder, "root.hints")
        with open(self.hints, "w") as file:
            for host in root.hosts:
                file.write(f". 3600000 IN NS {host.name}\n")
                file.write("\n".join(self.host_records(host)) + "\n")
        self.write_anchor(folder, root)

    def write_anchor(self, folder, root):
        """What the resolver trusts: the root's key, or one that the root has not got any more."""
        if self.stale_anchor:
            root = Zone(".", root.hosts)
            root.key = self.make_key(folder, ".")
        with open(root.key + ".key") as file:
            self.anchor_key = file.read().split(";")[0].strip()
        self.anchor_ds = self.ds_records(root)[0]
        self.anchor = os.path.join(folder, "anchor.key")
        with open(self.anchor, "w") as file:
            file.write(self.anchor_key + "\n")

    def make_key(self, folder, name):
        made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name], cwd=folder,
                              check=True, capture_output=True, text=True)
        return os.path.join(folder, made.stdout.strip())

    def write_zone(self, folder, zone):
        with open(zone.file, "w") as file:
            file.write("\n".join(self.lines(zone)) + "\n")
        if zone.signed:
            command = ["ldns-signzone", "-o", zone.name, "-f", zone.file + ".signed"]
            command += list(zone.signature)
            command += ["-n", "-s", "c0ffee", "-t", "0"] if zone.nsec3 else []
            subprocess.run(command + [zone.file, zone.key], check=True, capture_output=True)
            os.replace(zone.file + ".signed", zone.file)
        if zone.damage:
            with open(zone.file) as file:
                lines = zone.damage(file.read().splitlines())
            with open(zone.file, "w") as file:
                file.write("\n".join(lines) + "\n")
        for host in [host for host in self.hosts if host.name in zone.copies]:
            self.write_copy(host, zone)

    def write_copy(self, host, zone):
        """A secondary's copy of the zone, which is not as the primary's is."""
        own = copy.copy(zone)
        own.file = f"{zone.file}.{host.name}copy"
        with open(zone.file) as file:
            lines = zone.copies[host.name](file.read().splitlines())
        with open(own.file, "w") as file:
            file.write("\n".join(lines) + "\n")
        host.zones[host.zones.index(zone)] = own
