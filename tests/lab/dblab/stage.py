"""What a scenario sets up: its zones and faults, the questions and what is right to say of them."""
from dataclasses import dataclass, field

from dblab.world import World


@dataclass
class Expectation:
    suffix: str
    causes: list
    zones: list
    addresses: list
    servers_required: bool
    related: list
    optional: bool
    role: str
    forgets: bool


@dataclass
class Ask:
    at: float
    client: int
    name: str
    qtype: str = "A"
    options: tuple = ()


@dataclass
class Event:
    """What happens to a run, so many seconds after the first question."""
    at: float
    happens: object  # a function of the run


@dataclass
class Conditional:
    """What the resolver sends elsewhere: a zone's questions, to a resolver or to its servers."""
    zone: str
    addresses: list
    recursive: bool
    validated: bool


@dataclass
class Stage:
    """`kind` is the resolver's, for what depends on it."""
    kind: str
    world: World = field(default_factory=World)
    asks: list = field(default_factory=list)
    warm: list = field(default_factory=list)  # asked before, with `warm_captured` in the capture
    events: list = field(default_factory=list)
    expectations: list = field(default_factory=list)
    router_rules: list = field(default_factory=list)
    router_nat: list = field(default_factory=list)
    router_source_nat: list = field(default_factory=list)
    late_router_rules: list = field(default_factory=list)  # in force after the warm-up
    resolver_rules: list = field(default_factory=list)
    resolver_input_rules: list = field(default_factory=list)  # behind the capture
    late_resolver_rules: list = field(default_factory=list)
    forwarders: list = field(default_factory=list)  # addresses
    forward_first: bool = False  # what they fail for, the resolver resolves itself
    real_forwarder: str = ""  # its kind
    forwards_back: bool = False  # it forwards to the resolver
    conditionals: list = field(default_factory=list)
    second: str = ""  # the kind of another resolver, which clients ask as well ("@second")
    front: str = ""  # the kind of what stands between clients and resolver
    translated: list = field(default_factory=list)  # what the router makes of its address
    extra: list = field(default_factory=list)
    scripts: dict = field(default_factory=dict)  # files beside the resolver's configuration
    v6: bool = True
    clock_offset: int = 0  # seconds by which the resolver's clock is ahead
    server_mtu: int = 0  # of the path back from the IPv4 servers
    pause: float = 0  # between warm-up and questions

    def host(self, name, engine="nsd", fault=(), **options):
        return self.world.host(name, engine, fault, **options)

    def hosts(self, zone, engine="nsd", fault=(), count=2, **options):
        """ns1, ns2 ... of a zone, all alike."""
        return [self.world.host(f"ns{number}.{zone}", engine, fault, **options)
                for number in range(1, count + 1)]

    def zone(self, name, hosts=(), records=None, **options):
        return self.world.zone(name, hosts, records, **options)

    def handed_over(self, name):
        """A zone whose servers say what `old` says of it in the first phase, and then what `new` does."""
        old, new = self.host("old.quayhosting.net."), self.host("new.quayhosting.net.")
        hosts = self.hosts(name, "rogue", [{"act": "relay", "to": old.v4, "phases": [0]},
                                           {"act": "relay", "to": new.v4}])
        zone = self.zone(name, hosts)
        old.zones.append(zone)
        new.zones.append(zone)
        return zone, hosts, old, new

    def block(self, hosts, verdict_v4="drop", verdict_v6=None, match="", late=False):
        """Has the router do away with packets to hosts."""
        rules = self.late_router_rules if late else self.router_rules
        rules += self.barring(hosts, verdict_v4, verdict_v6, match)

    def unblock(self, at):
        """From now on the router lets pass what it did away with from the beginning."""
        self.at(at, lambda run: run.namespaces.unfilter("net", "broken_forward"))

    @staticmethod
    def barring(hosts, verdict_v4="drop", verdict_v6=None, match=""):
        rules = []
        for host in hosts:
            for address in [host] if isinstance(host, str) else host.addresses:
                family = "ip6" if ":" in address else "ip"
                verdict = (verdict_v6 or verdict_v4) if family == "ip6" else verdict_v4
                rules.append(f"{family} daddr {address} {match} {verdict}")
        return rules

    def at(self, seconds, happens):
        self.events.append(Event(seconds, happens))

    def outage(self, begin, end, hosts):
        """The hosts are not to be reached for a while, or from then on (end None)."""
        self.cut(begin, end, *self.barring(hosts))

    def cut(self, begin, end, *rules):
        """The router's rules for a while, or from then on (end None)."""
        name = f"cut{len(self.events)}"
        self.at(begin, lambda run: run.namespaces.filter("net", "forward", rules, name=name))
        if end is not None:
            self.at(end, lambda run: run.namespaces.unfilter("net", name))

    def turn(self, at):
        """The rogue servers go on to their next phase."""
        self.at(at, lambda run: run.turn())

    def behind_nat(self):
        """The router gives the resolver another IPv4 address towards the world."""
        self.translated.append("185.200.99.7")
        self.router_source_nat.append(f'oifname "auth-eth0" ip saddr 185.200.10.53 '
                                      f'snat ip to {self.translated[0]}')

    def restart(self, at, **changes):
        """Kills the resolver and starts it again, with other forwarders for instance."""
        self.at(at, lambda run: run.restart(run.setup, **changes))

    def forward(self, zone, addresses, recursive=True, validated=True):
        self.conditionals.append(Conditional(zone, list(addresses), recursive, validated))

    def fails(self, suffix, causes, zones, servers=(), required=True, related=(), optional=False,
              role="res", forgets=False):
        """SERVFAILs under the suffix are due to the causes, the exact one first. `required`: a
        server has to be blamed; `optional`: some resolvers cope. `related`: other names that are
        asked for. `role`: whose SERVFAILs, where there are two resolvers. `forgets`: each is a
        failure of its own, none is remembered."""
        addresses = [address for server in servers
                     for address in ([server] if isinstance(server, str) else server.addresses)]
        as_list = lambda value: list(value) if isinstance(value, (list, tuple)) else [value]
        self.expectations.append(Expectation(suffix, as_list(causes), as_list(zones), addresses,
                                             required and bool(addresses), list(related), optional,
                                             role, forgets))

    def ask(self, at, client, name, qtype="A", *options):
        self.asks.append(Ask(at, client, name, qtype, options))

    def patiently(self, at, client, name, qtype="A", *options):
        """Asks until there is an answer, also of a resolver that takes minutes (unbound answers
        only questions that are younger than two seconds, so one has to ask again)."""
        patience = ("+tries=1", "+timeout=40")
        if self.kind == "unbound":
            patience = ("+tries=60", "+timeout=5")
        self.asks.append(Ask(at, client, name, qtype, patience + options))

    def traffic(self, begin, end, every=2):
        """Healthy questions all the time, half of them new to the resolver."""
        if "armada.com." not in self.world.zones:
            self.zone("armada.com.", self.world.hosting,
                      [f"ship{n}.armada.com. 300 IN A 146.75.200.{n}" for n in range(100)],
                      signed=True)
        for number in range(int((end - begin) / every)):
            at = begin + number * every
            self.ask(at, 2, f"ship{number}.armada.com.")
            self.ask(at + every / 2, 1, "www.lighthouse.com.")

    def controls(self):
        """Healthy names, so that every capture shows that healthy means nothing."""
        self.ask(0, 0, "www.lighthouse.com.")
        self.ask(0.3, 1, "www.breakwater.net.")
        self.ask(0.6, 2, "www.harbor.org.", "AAAA")
