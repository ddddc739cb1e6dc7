"""Resolvers that forward, and what can become of that."""
from dblab.scenario import ALL, ask_failing, scenario


def forwarded(s, forwarder, cause):
    """Questions to a resolver that forwards all to one host."""
    s.forwarders.append(forwarder.v4)
    s.fails(".", cause, [None, "."], [forwarder], optional=cause == "forwarder.slow")
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.")):
        s.patiently(at / 2, at, name)


@scenario("forwarder-dead", "The resolver's only forwarder is silent.", resolvers=ALL)
def forwarder_dead(s):
    host = s.host("resolver.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    forwarded(s, host, "forwarder.down")


@scenario("forwarder-port", "Nothing listens on port 53 of the forwarder.", resolvers=ALL,
          split=True)
def forwarder_port(s):
    host = s.host("resolver.quayhosting.net.", "absent", v6=None)
    forwarded(s, host, "forwarder.down")


@scenario("forwarder-slow", "The forwarder answers after twelve seconds.", resolvers=ALL,
          settle=20)
def forwarder_slow(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "relay", "to": "185.200.20.53", "seconds": 12}], v6=None)
    forwarded(s, host, "forwarder.slow")


@scenario("forwarder-refused", "The forwarder refuses.", resolvers=ALL)
def forwarder_refused(s):
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "REFUSED"}], v6=None)
    forwarded(s, host, "forwarder.refused")


@scenario("forwarder-servfail", "The forwarder answers SERVFAIL.", resolvers=ALL, split=True,
          interface="any")
def forwarder_servfail(s):
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "SERVFAIL", "ra": True}], v6=None)
    forwarded(s, host, "forwarder.servfail")


@scenario("forwarder-formerr", "The forwarder answers FORMERR.")
def forwarder_formerr(s):
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "FORMERR", "ra": True, "edns_back": False}], v6=None)
    forwarded(s, host, "forwarder.invalid-response")


@scenario("forwarder-strips", "The forwarder takes the signatures out of its answers.",
          needs="dnssec",
          resolvers=("unbound", "named", "kresd"))
def forwarder_strips(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "relay", "to": "185.200.20.53", "strip": True}], v6=None)
    s.forwarders.append(host.v4)
    s.fails(".", ["forwarder.dnssec-stripped"], [], [host], required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.")):
        s.patiently(at / 2, at, name)


@scenario("forwarder-no-edns", "The forwarder answers FORMERR to queries with EDNS.",
          resolvers=("unbound", "named", "pdns"), settle=3)
def forwarder_no_edns(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "FORMERR", "edns": True, "edns_back": False,
                    "ra": True}, {"act": "relay", "to": "185.200.20.53"}], v6=None)
    s.forwarders.append(host.v4)
    s.fails(".", ["forwarder.dnssec-stripped", "forwarder.invalid-response"], [None, "."], [host])
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.",
                               "mail.harbor.org.")):
        s.patiently(at, at % 3, name)


@scenario("forwarder-tls", "The resolver forwards over TLS and nothing listens there.",
          resolvers=("unbound",))
def forwarder_tls(s):
    host = s.host("resolver.quayhosting.net.", "absent", v6=None)
    s.extra += ["  tls-cert-bundle: /etc/ssl/certs/ca-certificates.crt", "forward-zone:",
                '  name: "."',
                "  forward-tls-upstream: yes", f"  forward-addr: {host.v4}@853"]
    s.fails(".", ["unattributed.encrypted-upstream", "forwarder.down"], [None, "."], [host],
            required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.")):
        s.patiently(at / 2, at, name)


def failing_by(s, rule, causes, real=True):
    """The forwarder does what the rule says, and hands on all else."""
    s.real_forwarder = "unbound" if real else ""
    relay = [{"act": "relay", "to": "185.200.20.53"}] if real else []
    host = s.host("resolver.quayhosting.net.", "rogue", [rule, *relay], v6=None)
    s.forwarders.append(host.v4)
    s.fails(".", causes, [None, "."], [host], optional=True, required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.",
                               "mail.harbor.org.")):
        s.patiently(at, at % 3, name)


@scenario("forwarder-refuses-keys", "The forwarder refuses to tell DS and DNSKEY records.",
          resolvers=("unbound", "pdns"), settle=4)
def forwarder_refuses_keys(s):
    failing_by(s, {"act": "rcode", "rcode": "REFUSED", "types": ["DS", "DNSKEY"]},
               ["forwarder.refused", "forwarder.dnssec-stripped"])


@scenario("forwarder-lacks-keys", "The forwarder says that there are no DS and DNSKEY records.",
          resolvers=("unbound", "named"), settle=4)
def forwarder_lacks_keys(s):
    failing_by(s, {"act": "rcode", "rcode": "NOERROR", "types": ["DS", "DNSKEY"], "ra": True},
               ["forwarder.dnssec-stripped", "forwarder.invalid-response"])


@scenario("forwarder-denies", "The forwarder says that no name exists.", needs="dnssec",
          resolvers=("unbound", "kresd"), settle=3)
def forwarder_denies(s):
    failing_by(s, {"act": "rcode", "rcode": "NXDOMAIN", "ra": True},
               ["forwarder.invalid-response", "forwarder.dnssec-stripped"], real=False)


@scenario("forwarder-limits", "The forwarder answers one question of four.", resolvers=("kresd",),
          settle=5)
def forwarder_limits(s):
    failing_by(s, {"act": "silent", "not_every": 4},
               ["forwarder.down", "forwarder.slow", "timeout.intermittent"])
    for at, name in enumerate(("mail.lighthouse.com.", "mail.breakwater.net.",
                               "nothing.harbor.org.")):
        s.patiently(4 + at, at, name)


def blocking(s, rule):
    """The forwarder answers for one name of a signed zone itself."""
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [dict(rule, names=["ads.lighthouse.com."]),
                   {"act": "relay", "to": "185.200.20.53"}], v6=None)
    s.forwarders.append(host.v4)
    s.fails("ads.lighthouse.com.", ["forwarder.invalid-response", "forwarder.dnssec-stripped"],
            [None, "."], [host])
    s.controls()
    for at, name in ((2, "ads.lighthouse.com."), (4, "x.ads.lighthouse.com."),
                     (6, "www.harbor.org."), (8, "mail.lighthouse.com."),
                     (10, "ads.lighthouse.com.")):
        s.patiently(at, at % 3, name)


@scenario("forwarder-blocks", "The forwarder denies a name that is on its blocklist.",
          resolvers=("unbound", "named", "pdns"), settle=3)
def forwarder_blocks(s):
    blocking(s, {"act": "rcode", "rcode": "NXDOMAIN", "ra": True})


@scenario("forwarder-sinkholes", "The forwarder has an address of its own for a name.",
          resolvers=("named", "kresd"), settle=3)
def forwarder_sinkholes(s):
    blocking(s, {"act": "lie", "address": "0.0.0.0"})


@scenario("forwarder-one-dead", "One forwarder of two is silent, the other answers.", resolvers=ALL,
          settle=5)
def forwarder_one_dead(s):
    dead = s.host("resolver.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    s.real_forwarder = "unbound"
    s.forwarders += [dead.v4, "185.200.20.53"]
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.",
                               "nothing.lighthouse.com.")):
        s.patiently(at, at % 3, name)


@scenario("forward-first",
          "One forwarder fails, the other is silent; the resolver then asks the servers itself.",
          resolvers=("unbound", "named"))
def forward_first(s):
    failing = s.host("resolver.quayhosting.net.", "rogue",
                     [{"act": "rcode", "rcode": "SERVFAIL", "ra": True}], v6=None)
    silent = s.host("resolver2.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    s.forward_first = True
    s.forwarders += [failing.v4, silent.v4]
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    for at, name in enumerate(("www.lighthouse.com.", "www.orchard.com.", "www.harbor.org.",
                               "mail.orchard.com.")):
        s.patiently(at, at % 3, name)


@scenario("forwarder-beyond", "A healthy forwarder cannot resolve one name and says SERVFAIL.",
          resolvers=ALL)
def forwarder_beyond(s):
    s.real_forwarder = "unbound"
    s.forwarders.append("185.200.20.53")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "forwarder.servfail", [None, ".", "orchard.com."], ["185.200.20.53"])
    ask_failing(s, "www.orchard.com.")


@scenario("forwarder-chain",
          "Two resolvers in one capture: the first asks the second, which fails.",
          resolvers=ALL, chain_captured=True)
def forwarder_chain(s):
    s.real_forwarder = "named" if s.kind == "unbound" else "unbound"
    s.forwarders.append("185.200.20.53")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "forwarder.servfail", [None, ".", "orchard.com."], ["185.200.20.53"])
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts, role="fwd")
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("forwarder-chain-silent",
          "The second resolver of a chain waits for dead servers and gives up.",
          resolvers=ALL, chain_captured=True)
def forwarder_chain_silent(s):
    s.real_forwarder = "pdns" if s.kind == "named" else "named"
    s.forwarders.append("185.200.20.53")
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", ["forwarder.servfail", "forwarder.slow", "forwarder.down"],
            [None, ".", "orchard.com."], ["185.200.20.53"])
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts, role="fwd")
    ask_failing(s, "www.orchard.com.")
