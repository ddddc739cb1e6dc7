"""The cables: a router in the middle, the servers behind one of its ports, clients and resolvers
behind others.

    clients 10.20.1.11-13 ----+
                              |
    resolvers (one or two) ---+---- router ---- auth: every server's addresses, on its loopback
                              |
    forwarder ----------------+
    front --------------------+

Nothing leads to the host's own network. The router sends whatever it does not know to `auth`, where
it vanishes without a word.
"""
from dataclasses import dataclass

CLIENTS = ["10.20.1.11", "10.20.1.12", "10.20.1.13"]
CLIENTS_V6 = ["fd00:20:1::11", "fd00:20:1::12", "fd00:20:1::13"]


@dataclass
class Resolver:
    """A resolver's place in the network."""
    role: str
    services: list
    egresses: list
    interfaces: list


def build(namespaces, world):
    for role in ("net", "auth", "cli"):
        namespaces.add(role)
    for family in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
        namespaces.sysctl("net", "net." + family, 1)
    attach(namespaces, "auth", "eth0", "62.115.8.2/30", "62.115.8.1", "2001:2034:8::2/64",
           "2001:2034:8::1")
    for host in world.hosts:
        if host.engine is not None:
            for address in host.addresses:
                namespaces.address("auth", "lo", address + ("/128" if ":" in address else "/32"))
    namespaces.ip("net", "route", "add", "default", "via", "62.115.8.2")
    namespaces.ip("net", "-6", "route", "add", "default", "via", "2001:2034:8::2")
    attach(namespaces, "cli", "eth0", "10.20.1.2/24", "10.20.1.1", "fd00:20:1::2/64",
           "fd00:20:1::1")
    for address in CLIENTS:
        namespaces.address("cli", "eth0", address + "/24")
    for address in CLIENTS_V6:
        namespaces.address("cli", "eth0", address + "/64")


def attach(namespaces, role, interface, v4, gateway_v4, v6, gateway_v6, default=True):
    """Connects a namespace with the router, which owns the gateways' addresses."""
    port = f"{role}-{interface}"
    namespaces.link(role, interface, "net", port)
    namespaces.address(role, interface, v4)
    namespaces.address("net", port, gateway_v4 + "/" + v4.split("/")[1])
    if v6:
        namespaces.address(role, interface, v6)
        namespaces.address("net", port, gateway_v6 + "/" + v6.split("/")[1])
    if default:
        namespaces.ip(role, "route", "add", "default", "via", gateway_v4)
        if v6:
            namespaces.ip(role, "-6", "route", "add", "default", "via", gateway_v6)


def resolver_place(split, v6=True):
    """The resolver: one interface for all, or one for clients and one towards the world."""
    if not split:
        own = ["185.200.10.53"] + (["2a0c:200:10::53"] if v6 else [])
        return Resolver("res", own, own, ["eth0"])
    return Resolver("res", ["10.20.0.53", "fd00:20::53"],
                    ["185.200.10.7"] + (["2a0c:200:10::7"] if v6 else []), ["svc0", "up0"])


def forwarder_place():
    """A resolver that the first one forwards to."""
    own = ["185.200.20.53", "2a0c:200:20::53"]
    return Resolver("fwd", own, own, ["eth0"])


def second_place():
    """Another resolver for the same clients."""
    own = ["185.200.11.53", "2a0c:200:11::53"]
    return Resolver("second", own, own, ["eth0"])


def front_place():
    """What clients ask in place of the resolver, and what asks it for them."""
    own = ["185.200.30.53", "2a0c:200:30::53"]
    return Resolver("front", own, own, ["eth0"])


def add_resolver(namespaces, place):
    namespaces.add(place.role)
    if len(place.interfaces) > 1:
        attach(namespaces, place.role, "svc0", "10.20.0.53/24", "10.20.0.1", "fd00:20::53/64",
               "fd00:20::1", default=False)
        namespaces.ip(place.role, "route", "add", "10.20.1.0/24", "via", "10.20.0.1")
        namespaces.ip(place.role, "-6", "route", "add", "fd00:20:1::/64", "via", "fd00:20::1")
    v4, *v6 = place.egresses
    gateways = [address.rpartition(".")[0] + ".1" for address in [v4]]
    gateways += [address.rpartition("::")[0] + "::1" for address in v6]
    attach(namespaces, place.role, place.interfaces[-1], v4 + "/24", gateways[0],
           v6[0] + "/64" if v6 else None, gateways[-1])


class Capture:
    """tcpdump on one interface, from the first packet on and without losing any."""

    def __init__(self, namespaces, role, interface, file, expression=()):
        self.namespaces, self.file, self.log = namespaces, file, file + ".log"
        self.process = namespaces.start(role, "tcpdump", "-Z", "root", "-n", "-i", interface,
                                        "-s", "0",
                                        "-B", "16384", "-U", "-w", file, *expression, log=self.log)

    def listening(self):
        with open(self.log) as log:
            return "listening on" in log.read()

    def stop(self):
        self.namespaces.interrupt(self.process)
        with open(self.log) as log:
            text = log.read()
        if "0 packets dropped by kernel" not in text:
            raise RuntimeError("tcpdump lost packets: " + text)
