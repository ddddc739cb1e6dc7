"""Validation that fails for reasons beyond the test bed's: rollovers, proofs, parents, clocks."""
import time

from dblab.scenario import ALL, PROMPT, ask_failing, scenario
from dblab.scenarios.testbed import EXPIRED, dates
from dblab.signing import A, DAY, DNSKEY, KSK, RSASHA256, ZSK, Key, publish, sign_anew
from dblab.stage import Ask

# pdns_recursor holds every question for too old when its clock and the kernel's differ.
UNHURRIED = ("unbound", "named", "kresd")


def lines_without(*kinds):
    """Damage to a signed zone: no records of these types, and no signatures over them."""
    return lambda lines: [line for line in lines if not any(
        f"\t{kind}\t" in line or f"\tRRSIG\t{kind} " in line for kind in kinds)]


def wrong_clock(s, days):
    s.clock_offset = int(days * DAY)
    # named tells neither which anchor it has nor why it fails: the two look alike.
    causes = ["resolver.clock"] + ["resolver.trust-anchor"] * (s.kind == "named")
    s.fails(".", causes, [".", None], s.world.zones["."].hosts, required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.")):
        s.patiently(at / 2, at, name)


@scenario("clock-ahead", "The resolver's clock is more than a year ahead.", resolvers=UNHURRIED,
          needs="dnssec")
def clock_ahead(s):
    wrong_clock(s, 400)


@scenario("clock-behind", "The resolver's clock is more than a year behind.", resolvers=UNHURRIED,
          needs="dnssec")
def clock_behind(s):
    wrong_clock(s, -400)


@scenario("rollover-ds-stale", "The zone has a new key-signing key, the parent the old one's DS.",
          resolvers=ALL, needs="dnssec")
def rollover_ds_stale(s):
    zone = s.zone("orchard.com.", s.world.hosting)
    publish(s.world, zone, ds=lambda record: Key(KSK, RSASHA256).ds(zone.name))
    s.fails("orchard.com.", "dnssec.ds-mismatch", ["orchard.com.", "com."], s.world.hosting,
            required=False)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("rollover-zsk-withdrawn", "The key that signed the zone's data was withdrawn too early.",
          resolvers=ALL, needs="dnssec", split=True)
def rollover_zsk_withdrawn(s):
    def withdraw(signed):
        signed.alter_key(signed.zsk, lambda record: None)
        signed.drop_signatures(lambda record: record.type_covered == DNSKEY)
        signed.add(signed.origin, Key(ZSK, RSASHA256).record)
        signed.sign(signed.origin, DNSKEY, signed.ksk)
    zone = s.zone("willow.org.", s.world.hosting)
    publish(s.world, zone, withdraw)
    s.fails("willow.org.", "dnssec.dnskey-missing", "willow.org.", s.world.hosting, required=False)
    ask_failing(s, "www.willow.org.", "mail.willow.org.")


@scenario("dnssec-spares", "Healthy: of two DS and of two signatures one is bad and one is good.",
          resolvers=ALL, settle=2)
def dnssec_spares(s):
    zone = s.zone("orchard.com.", s.world.hosting)

    def sign_twice(signed):
        for owner, kind in list(signed.records):
            signed.sign(owner, kind, signed.zsk, EXPIRED)
    publish(s.world, zone, sign_twice)
    s.world.zones["com."].records.append(
        f"{zone.name} 3600 IN DS {Key(KSK, RSASHA256).ds(zone.name)}")
    s.controls()
    for at, name in enumerate(("www", "mail", "nothing")):
        s.ask(1 + at / 2, at, name + ".orchard.com.")


@scenario("dnssec-cd", "A client that checks for itself is answered, one that does not is not.",
          resolvers=ALL, needs="dnssec")
def dnssec_cd(s):
    zone = s.zone("orchard.com.", s.world.hosting)
    publish(s.world, zone, dates((A,), EXPIRED))
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.hosting,
            required=False)
    s.controls()
    s.patiently(1, 0, "www.orchard.com.")
    s.patiently(1.5, 1, "www.orchard.com.", "A", "+cdflag")
    s.patiently(2, 2, "mail.orchard.com.", "A", "+cdflag")
    s.patiently(3, 2, "mail.orchard.com.")


@scenario("cname-bogus", "An alias in an unsigned zone leads to one whose signature has expired.",
          resolvers=ALL, needs="dnssec")
def cname_bogus(s):
    zone = s.zone("orchard.com.", s.world.harbor)
    publish(s.world, zone, dates((A,), EXPIRED))
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME www.orchard.com."])
    s.fails("signpost.net.", "dnssec.signature-expired", "orchard.com.", s.world.harbor,
            required=False, related=["orchard.com."])
    ask_failing(s, "www.signpost.net.")


@scenario("wildcard-unproven", "A wildcard's answer and NODATA come without the proof they need.",
          resolvers=ALL, needs="dnssec")
def wildcard_unproven(s):
    s.zone("orchard.com.", s.world.hosting, ["www.orchard.com. 300 IN A 146.75.99.1",
                                             "*.orchard.com. 300 IN A 146.75.99.2"],
           signed=True, damage=lines_without("NSEC"))
    s.fails("orchard.com.", "dnssec.denial-invalid", "orchard.com.", s.world.hosting,
            required=False)
    s.ask(0.8, 0, "www.orchard.com.")
    ask_failing(s, "anything.orchard.com.")
    s.patiently(2, 2, "www.orchard.com.", "TXT")


@scenario("insecure-unproven",
          "A signed zone does not prove that the zone below it is unsigned.",
          resolvers=ALL, needs="dnssec")
def insecure_unproven(s):
    s.zone("orchard.com.", s.world.hosting, signed=True, damage=lines_without("NSEC"))
    s.zone("shop.orchard.com.", s.world.harbor)
    s.fails("shop.orchard.com.", "dnssec.denial-invalid", ["orchard.com.", "shop.orchard.com."],
            s.world.hosting + s.world.harbor, required=False)
    s.ask(0.8, 0, "www.orchard.com.")
    ask_failing(s, "www.shop.orchard.com.")


@scenario("parent-ds-expired", "The parent's signature over the zone's DS has expired.",
          resolvers=ALL, needs="dnssec")
def parent_ds_expired(s):
    s.zone("orchard.com.", s.world.hosting, signed=True)
    parent = s.world.zones["com."]
    parent.damage = sign_anew(parent, "orchard.com.", "DS", EXPIRED)
    s.fails("orchard.com.", "dnssec.signature-expired", ["com.", "orchard.com."],
            parent.hosts + s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("root-ds-expired", "The root's signature over a top-level domain's DS has expired.",
          resolvers=("unbound", "named", "pdns"), settle=4)
def root_ds_expired(s):
    root, top = s.world.zones["."], s.world.zones["com."]
    root.damage = sign_anew(root, "com.", "DS", EXPIRED)
    s.fails("com.", "dnssec.signature-expired", [".", "com."], root.hosts + top.hosts,
            required=False)
    s.ask(0, 0, "www.harbor.org.")
    s.patiently(1, 0, "www.lighthouse.com.")
    s.patiently(2, 1, "mail.lighthouse.com.")
    s.patiently(3, 2, "www.breakwater.net.")


def relayed(s, *rules, **options):
    """Nameservers of a signed zone that hand on what a healthy server says, but for some rules."""
    healthy = s.host("backend.quayhosting.net.", "nsd")
    hosts = s.hosts("orchard.com.", "rogue", [*rules, {"act": "relay", "to": healthy.v4}],
                    **options)
    zone = s.zone("orchard.com.", hosts, signed=True)
    healthy.zones.append(zone)
    return hosts


@scenario("dnskey-refused", "The nameservers answer, but refuse to tell their keys.", resolvers=ALL,
          needs="dnssec")
def dnskey_refused(s):
    hosts = relayed(s, {"act": "rcode", "rcode": "REFUSED", "types": ["DNSKEY"]})
    s.fails("orchard.com.", ["dnssec.dnskey-missing", "lame.refused"], "orchard.com.", hosts,
            required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnskey-silent", "The nameservers answer, but are silent when asked for their keys.",
          resolvers=PROMPT, needs="dnssec")
def dnskey_silent(s):
    hosts = relayed(s, {"act": "silent", "types": ["DNSKEY"]})
    s.fails("orchard.com.", ["unreachable.no-response", "timeout.intermittent",
                             "dnssec.dnskey-missing"], "orchard.com.", hosts, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnskey-tcp-refused", "The zone's many keys do not fit into UDP, and TCP is refused.",
          resolvers=ALL)
def dnskey_tcp_refused(s):
    def add_keys(signed):
        signed.drop_signatures(lambda record: record.type_covered == DNSKEY)
        for _ in range(12):
            signed.add(signed.origin, Key(ZSK, RSASHA256).record)
        signed.sign(signed.origin, DNSKEY, signed.ksk)
    hosts = s.hosts("orchard.com.")
    publish(s.world, s.zone("orchard.com.", hosts), add_keys)
    s.block(hosts, "reject with tcp reset", match="meta l4proto tcp")
    s.fails("orchard.com.", "network.truncated-tcp-failed", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("fragments-lost-signed",
          "Only first fragments of a signed zone's answers arrive, and TCP is refused.",
          resolvers=ALL)
def fragments_lost_signed(s):
    s.server_mtu = 576
    hosts = relayed(s, v6=None, udp_only=True)
    s.world.zones["orchard.com."].signed = False  # by ldns-signzone, that is
    publish(s.world, s.world.zones["orchard.com."])
    s.router_rules.append("ip frag-off & 0x1fff != 0 drop")
    s.fails("orchard.com.", ["network.fragment-lost", "network.truncated-tcp-failed"],
            "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("forwarder-bogus", "Two validating resolvers in a row; a signature has expired.",
          resolvers=ALL, chain_captured=True, needs="dnssec")
def forwarder_bogus(s):
    s.real_forwarder = "named" if s.kind == "unbound" else "unbound"
    s.forwarders.append("185.200.20.53")
    zone = s.zone("orchard.com.", s.world.hosting)
    publish(s.world, zone, dates((A,), EXPIRED))
    # Who asks it with CD=1 is given the data and finds the fault himself. (kresd 5.7 and later ask
    # without, and are told that it failed.)
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.",
            ["185.200.20.53", *s.world.hosting], required=False)
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.hosting,
            required=False, optional=True, role="fwd")
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


def tampered(s):
    """A zone whose addresses were changed after it was signed, but for the IPv6 ones."""
    def change(signed):
        signed.alter(A, lambda record: record.replace(address="146.75.66.6"))
    zone = s.zone("orchard.com.", s.world.hosting)
    publish(s.world, zone, change)


@scenario("data-tampered", "Addresses were changed after the zone was signed.", resolvers=ALL,
          needs="dnssec", split=True)
def data_tampered(s):
    tampered(s)
    s.fails("orchard.com.", "dnssec.signature-invalid", "orchard.com.", s.world.hosting,
            required=False)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


def warm_with_keys(s):
    s.warm = [Ask(0, 0, "www.orchard.com.", "AAAA"), Ask(0.3, 1, "www.lighthouse.com.")]
    s.ask(0.2, 1, "mail.lighthouse.com.")
    s.patiently(1, 0, "www.orchard.com.")
    s.patiently(2, 1, "mail.orchard.com.")


@scenario("data-tampered-unseen",
          "As before, but the zone's keys were learned before the capture begins.", resolvers=ALL,
          needs="dnssec", warm_hidden=True)
def data_tampered_unseen(s):
    tampered(s)
    # Without the keys nobody can tell; some resolvers ask for them again.
    s.fails("orchard.com.", ["dnssec.signature-invalid", "dnssec.bogus", "unattributed.no-evidence",
                             "unattributed.capture-start"],
            ["orchard.com.", None], s.world.hosting, required=False)
    warm_with_keys(s)


@scenario("expired-unseen", "A signature has expired; the capture begins with the keys known.",
          resolvers=ALL, needs="dnssec", warm_hidden=True)
def expired_unseen(s):
    publish(s.world, s.zone("orchard.com.", s.world.hosting), dates((A,), EXPIRED))
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.hosting,
            required=False)
    warm_with_keys(s)


@scenario("expired-lately", "Signatures expired twenty minutes ago; some resolvers accept that.",
          resolvers=ALL, needs="dnssec")
def expired_lately(s):
    validity = (time.time() - 10 * DAY, time.time() - 1200)
    publish(s.world, s.zone("orchard.com.", s.world.hosting), dates((), validity))
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.hosting,
            required=False, optional=True)
    ask_failing(s, "www.orchard.com.")
