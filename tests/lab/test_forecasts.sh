#!/bin/bash
# What the report says will fail next is what the capture shows: zones that are down or lose servers have
# their rows, all others have none.
. tests/cli/lib.sh
ls pcaps/healthy.named.pcap >/dev/null 2>&1 || { echo "no captures"; exit 77; }

# at_risk CAPTURE ROWS: risk, zone, nameservers, addresses, failing and working of its delegations. No signature
# of the lab's ends soon, and a single capture has no day before it.
at_risk() {
    local found
    rm -rf "$folder"/db* "$folder/tables"
    run read -q --db "$folder/db" "pcaps/$1.pcap"
    exits 0
    run report --db "$folder/db" --format csv -o "$folder/tables"
    exits 0
    found=$(python3 - "$folder/tables" <<'END' || echo "no tables"
import csv, pathlib, sys
def rows(table, *columns):
    with open(pathlib.Path(sys.argv[1]) / f"{table}.csv", newline="") as file:
        return {" ".join(row[name] for name in columns) for row in csv.DictReader(file)}
found = rows("fragile", "risk", "zone", "nameservers", "addresses", "failing", "working")
print(", ".join(sorted(found | rows("expiring", "zone", "type", "expires"))))
END
    )
    [ "$found" = "$2" ] || fail "$1: what will fail next is '$found', not '$2'"
}

command -v python3 >/dev/null || { echo "no python3 to read CSV"; exit 77; }

# Nothing is wrong with these delegations, whatever else is.
for capture in healthy.{unbound,named,kresd,pdns} one-dead.named intercepted.unbound forwarder-formerr.kresd \
    egress-blocked.named ipv6-only.named slow.kresd fragments-lost.{unbound,named} dnskey-refused.named \
    dnssec-expired.kresd clock-ahead.named tc-tcp-silent.pdns glue-loopback.unbound; do
    at_risk $capture ""
done

# All servers fail, however seldom each of them was asked.
down="none-working orchard.com. 2 4 4 0"
for capture in silent.{named,kresd,pdns} refused.pdns mangled.named upward-referral.kresd auth-servfail.unbound \
    dies-later.named icmp-port.{named,pdns} mixed.named; do
    at_risk $capture "$down"
done
at_risk upward-referral-parent.named "none-working willow.org. 2 4 4 0"
at_risk deep-silent.pdns "none-working retail.orchard.com. 2 4 4 0"
for resolver in unbound named kresd pdns; do
    at_risk tld-dead.$resolver "none-working info. 2 4 4 0"
done
# Where IPv6 leads nowhere its addresses say nothing of the zone.
at_risk ipv6-blackhole.kresd "none-working orchard.com. 2 2 2 0"

# Some fail. Of those that were not asked nothing is known: they do not count as working.
at_risk one-lame.unbound "partly-lame orchard.com. 2 4 2 2"
at_risk one-lame.kresd "partly-lame orchard.com. 2 4 1 1"
at_risk healthy-bruised.named "partly-lame com. 2 4 1 1, partly-lame net. 2 4 1 1"
at_risk healthy-bruised.pdns "partly-lame com. 2 4 2 1"
at_risk healthy-bruised.unbound "partly-lame net. 2 4 2 2, partly-silent . 2 4 1 2"
at_risk intermittent.pdns "partly-silent orchard.com. 2 4 2 2"
