"""DNSSEC faults: the signatures themselves are judged by those who can compute."""
from dblab.scenario import ask_failing, scenario


@scenario("dnssec-expired", "The zone's signatures have expired.", needs="dnssec")
def dnssec_expired(s):
    s.zone("orchard.com.", s.world.hosting, signed=True,
           signature=("-i", "20260801000000", "-e", "20260901000000"))
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.hosting,
            required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnssec-future", "The zone's signatures are not valid yet.", needs="dnssec")
def dnssec_future(s):
    s.zone("orchard.com.", s.world.hosting, signed=True,
           signature=("-i", "20360801000000", "-e", "20370901000000"))
    s.fails("orchard.com.", "dnssec.signature-not-yet-valid", "orchard.com.", s.world.hosting,
            required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnssec-bad-ds", "The DS at the parent fits no key of the zone.", needs="dnssec",
          split=True)
def dnssec_bad_ds(s):
    s.zone("willow.org.", s.world.hosting, signed=True, ds="bad")
    s.fails("willow.org.", "dnssec.ds-mismatch", ["willow.org.", "org."], s.world.hosting,
            required=False)
    ask_failing(s, "www.willow.org.")


@scenario("dnssec-unsigned", "The parent has a DS and the zone is not signed any more.",
          needs="dnssec")
def dnssec_unsigned(s):
    def unsign(lines):
        return [line for line in lines if not any(f"\t{kind}\t" in line for kind in
                                                  ("RRSIG", "DNSKEY", "NSEC"))]
    s.zone("orchard.com.", s.world.hosting, signed=True, damage=unsign)
    # A resolver that meets the unsigned answer first need not ask for the keys that are not there either.
    s.fails("orchard.com.", ["dnssec.dnskey-missing", "dnssec.signature-missing"], "orchard.com.",
            s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnssec-no-rrsig", "Some signatures are missing from a signed zone.", needs="dnssec")
def dnssec_no_rrsig(s):
    def strip(lines):
        return [line for line in lines if "\tRRSIG\tA " not in line]
    s.zone("orchard.com.", s.world.hosting, signed=True, damage=strip)
    s.fails("orchard.com.", "dnssec.signature-missing", "orchard.com.", s.world.hosting,
            required=False)
    ask_failing(s, "www.orchard.com.")
