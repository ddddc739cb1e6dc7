"""Work that is too much, orders not to do it, and answers that nobody can use."""
from dblab.scenario import ALL, ask_failing, scenario
from dblab.stage import Ask

DEPTH = 25


@scenario("glueless-chain",
          "Each of twenty-five zones has its nameservers in the next one; the last is healthy.",
          resolvers=ALL)
def glueless_chain(s):
    zones = [f"lane{number}.com." for number in range(DEPTH)]
    for zone, following in zip(zones, zones[1:] + ["harbour-lane.org."]):
        s.zone(zone, [s.host(f"ns{number}.{following}") for number in (1, 2)], glue=False)
    s.zone("harbour-lane.org.", s.world.harbor)
    s.fails(zones[0], "resolver.limit", [*zones, "harbour-lane.org.", "com.", None], ["*"],
            required=False, optional=True, related=zones[1:])
    ask_failing(s, "www." + zones[0])


@scenario("policy-drop", "The resolver is told to fail for a zone.", resolvers=("kresd",))
def policy_drop(s):
    s.zone("orchard.com.", s.world.hosting)
    s.extra.append("policy.add(policy.suffix(policy.DROP, {todname('orchard.com.')}))")
    s.fails("orchard.com.", "resolver.policy", ["orchard.com.", None])
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("case-lowered", "The nameservers repeat every question in lower case.",
          resolvers=("kresd", "unbound"))
def case_lowered(s):
    if s.kind == "unbound":
        s.extra.append("  use-caps-for-id: yes")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "lower_case"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("other-owner", "The nameservers answer with records of another name than was asked.",
          resolvers=ALL)
def other_owner(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "other_owner", "name": "cdn.orchard.com."}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "zone.invalid-response", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("badvers", "The nameservers answer BADVERS to every question with EDNS.", resolvers=ALL)
def badvers(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "BADVERS", "edns": True}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "zone.invalid-response", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("deep-refused", "The nameservers of a zone above the name's refuse.", resolvers=ALL)
def deep_refused(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.zone("shop.orchard.com.", s.world.hosting)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    ask_failing(s, "www.eu.shop.orchard.com.")


@scenario("ipv6-blackhole", "IPv6 leads nowhere: healthy zones do not mind, a dead one is dead.",
          resolvers=ALL)
def ipv6_blackhole(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.router_rules.append('iifname "res-*" meta nfproto ipv6 meta l4proto { tcp, udp } drop')
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("forwarders-mixed", "One forwarder refuses, the other is silent.", resolvers=ALL)
def forwarders_mixed(s):
    refuses = s.host("first.quayhosting.net.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}],
                     v6=None)
    dead = s.host("second.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    s.forwarders += [refuses.v4, dead.v4]
    s.fails(".", ["forwarder.refused", "forwarder.down"], [None, "."], [refuses, dead])
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.")):
        s.patiently(at / 2, at, name)


@scenario("policy-script", "The resolver's script fails two zones, one of them without saying so.",
          resolvers=("pdns",))
def policy_script(s):
    s.zone("orchard.com.", s.world.hosting)
    s.zone("willow.org.", s.world.hosting)
    s.scripts["policy.lua"] = """
        blocked = newDN("orchard.com.")
        silent = newDN("willow.org.")
        function preresolve(dq)
            if dq.qname:isPartOf(blocked) then
                dq.extendedErrorCode = 15
                dq.extendedErrorExtra = "not here"
            elseif not dq.qname:isPartOf(silent) then
                return false
            end
            dq.rcode = pdns.SERVFAIL
            return true
        end
    """
    s.extra += ["extended-resolution-errors=yes", "lua-dns-script=policy.lua"]
    s.fails("orchard.com.", "resolver.policy", ["orchard.com.", None])
    s.fails("willow.org.", ["resolver.no-upstream", "unattributed.capture-start"],
            ["willow.org.", None])
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")
    s.patiently(3, 0, "www.willow.org.")


@scenario("answer-denied", "The resolver is told not to believe the addresses that a zone names.",
          resolvers=("named",))
def answer_denied(s):
    s.extra.append("  deny-answer-addresses { 146.75.66.0/24; };")
    s.zone("orchard.com.", s.world.hosting, ["www.orchard.com. 300 IN A 146.75.66.6"])
    s.fails("orchard.com.", ["resolver.despite-answers", "resolver.policy"],
            ["orchard.com.", None], s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("answers-dropped",
          "A firewall on the resolver's host drops what a zone's nameservers answer.",
          resolvers=ALL)
def answers_dropped(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    for host in hosts:
        s.resolver_input_rules += [f"ip saddr {host.v4} drop", f"ip6 saddr {host.v6} drop"]
    s.fails("orchard.com.", "resolver.despite-answers", ["orchard.com.", None], hosts,
            required=False)
    ask_failing(s, "www.orchard.com.")


def rush(s, count, rate):
    """Sixty questions of one zone within seconds, on a resolver that has run for a while."""
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "delay", "seconds": 0.5}])
    s.zone("orchard.com.", hosts, [f"host{n}.orchard.com. 5 IN A 146.75.3.{n}"
                                   for n in range(count)])
    s.zone("meadow.net.", s.world.hosting, [f"host{n}.meadow.net. 5 IN A 146.75.4.{n}"
                                            for n in range(count)])
    s.fails("orchard.com.", "resolver.limit", ["orchard.com.", None], hosts, required=False,
            forgets=True)
    s.warm = [Ask(0, 0, "www.lighthouse.com."), Ask(0.5, 1, "www.orchard.com.")]
    s.pause = 66
    s.controls()
    for number in range(count):
        s.ask(1 + number / rate, number % 3, f"host{number}.orchard.com.", "A", "+tries=1")
        if number % 6 == 0:
            s.ask(1 + number / rate, number % 3, f"host{number}.meadow.net.", "A", "+tries=1")


@scenario("quota-zone", "Questions for one zone exceed what the resolver has in flight for a zone.",
          resolvers=("named",), settle=4)
def quota_zone(s):
    s.extra.append("  fetches-per-zone 4 fail;")
    rush(s, 60, 25)


@scenario("quota-server", "Questions for one zone exceed what the resolver asks a server at once.",
          resolvers=("named",), settle=4)
def quota_server(s):
    s.extra.append("  fetches-per-server 3 fail;")
    rush(s, 60, 25)


@scenario("quota-rate", "Questions for one zone exceed the rate that the resolver is told to keep.",
          resolvers=("unbound",), settle=4)
def quota_rate(s):
    s.extra += ["  ratelimit: 8", "  ratelimit-factor: 0"]
    rush(s, 60, 25)
