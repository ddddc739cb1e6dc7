"""Every figure of a report, by another way: counted one by one from the incidents that `dnsblame list`
prints, and from the minutes' rows.

  figures.py REPORT.json INCIDENTS.jsonl DATABASE [TIMEZONE]

The database is to hold all incidents as rows (--samples 0). Says what differs; exit 1 if anything does.
"""
import bisect
import collections
import datetime
import json
import math
import sqlite3
import sys
import zoneinfo

LATENCY_BUCKETS = 20
QUARTER = 900 * 10**9
MINUTE = 60 * 10**9
differences = []


def expect(what, found, wanted):
    if found != wanted:
        differences.append(f"{what}: the report says {found!r}, counted are {wanted!r}")


def expect_clients(what, found, incidents):
    """Sketches are good to some percent, and to one or two where they are few."""
    wanted = len({one["client"] for one in incidents})
    if abs(found - wanted) > max(2, wanted / 10):
        differences.append(f"{what}, clients: the report says {found!r}, counted are {wanted!r}")


def expect_about(what, found, wanted, tolerance):
    if abs(found - wanted) > tolerance * max(wanted, 1):
        differences.append(f"{what}: the report says {found!r}, counted are {wanted!r}")


def ns(text):
    """RFC 3339 with nanoseconds; None of None."""
    if text is None:
        return None
    seconds, rest = text.rstrip("Z").split(".")
    moment = datetime.datetime.fromisoformat(seconds).replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * 10**9 + int(rest)


def bucket(milliseconds):
    limit = 100
    for number in range(LATENCY_BUCKETS - 1):
        if math.floor(milliseconds * 1000) <= limit:
            return number
        limit *= 2
    return LATENCY_BUCKETS - 1


def percentile(buckets, percent):
    """In milliseconds, so much at most: the bound of the bucket."""
    count = sum(buckets)
    if count == 0:
        return None
    rank, below = -(-count * percent // 100), 0
    for number, inside in enumerate(buckets):
        if below + inside >= rank:
            return None if number == LATENCY_BUCKETS - 1 else 0.1 * 2**number
        below += inside
    raise AssertionError("a rank beyond all")


def expect_latency(what, found, buckets):
    expect(f"{what}, how many", found["count"], sum(buckets))
    for percent in (50, 95, 99):
        wanted = percentile(buckets, percent)
        is_there = found[f"p{percent}_ms"]
        if wanted is None or is_there is None:
            expect(f"{what}, p{percent}", is_there, wanted)
        else:
            expect_about(f"{what}, p{percent}", is_there, wanted, 0.0001)


class Incidents:
    """Of a span, each under the cause that counts: a cached failure's is that of its outage."""

    def __init__(self, everything, begin, end):
        causes = {}
        for one in everything:
            if one["cause"] != "cached.failure":
                causes.setdefault(one["outage"], (one["cause"], one["zone"]))
        self.rows = []
        for one in everything:
            if begin <= ns(one["time"]) < end:
                cause, zone = causes.get(one["outage"], (one["cause"], one["zone"]))
                self.rows.append(dict(one, counted=cause, counted_zone=zone, ns=ns(one["time"])))

    def count(self, key):
        return collections.Counter(key(row) for row in self.rows)


def is_about_zone(cause):
    return not cause.startswith(("resolver.", "unattributed.")) and cause != "unreachable.egress-blocked"


class Minutes:
    """Resolvers' rows are of a minute, servers' of a quarter of an hour."""

    def __init__(self, database):
        database.row_factory = sqlite3.Row
        self.rows = {True: collections.defaultdict(list), False: collections.defaultdict(list)}
        for row in database.execute("SELECT * FROM minutes"):
            self.rows[bool(row["is_resolver"])][row["minute_ns"]].append(dict(row))

    def between(self, begin, end, is_resolver):
        unit = MINUTE if is_resolver else QUARTER
        rows = self.rows[is_resolver]
        return [row for time in range(begin - begin % unit, end, unit) for row in rows.get(time, [])]


def check_traffic(what, traffic, incidents, asked, clients=True):
    """Traffic of some incidents and minutes. None: there was no capture."""
    if traffic is None:
        expect(f"{what}, incidents where nothing is known", len(incidents), 0)
        expect(f"{what}, minutes where nothing is known", len(asked), 0)
        return
    expect(f"{what}, questions", traffic["questions"], sum(row["queries"] for row in asked))
    responses = sum(row["responses"] for row in asked)
    expect(f"{what}, responses", traffic["responses"], responses)
    expect(f"{what}, unanswered", traffic["unanswered"], sum(row["unanswered"] for row in asked))
    for rcode in range(16):
        expect(f"{what}, RCODE {rcode}", traffic["rcodes"][rcode], sum(row[f"rcode_{rcode}"] for row in asked))
    expect(f"{what}, SERVFAILs", traffic["servfails"], len(incidents))
    expect(f"{what}, cached", traffic["cached"], sum(one["cause"] == "cached.failure" for one in incidents))
    expect(f"{what}, causes", traffic["causes"], dict(collections.Counter(one["counted"] for one in incidents)))
    if responses == 0:
        expect(f"{what}, share", traffic["servfail_share"], None)
    else:
        expect_about(f"{what}, share", traffic["servfail_share"], len(incidents) / responses, 1e-9)
    if clients:
        expect_clients(what, traffic["clients"], incidents)


def check_spans(report, everything, database):
    for name in ("now", "before", "weeks_before"):
        span = report["spans"][name]
        begin, end = ns(span["from"]), ns(span["to"])
        incidents = Incidents(everything, begin, end)
        asked = database.between(begin, end, True)
        check_traffic(f"span {name}", span["traffic"], incidents.rows, asked)
        expect(f"resolvers, span {name}",
               {row["resolver"] for row in report["resolvers"]} >= {one["resolver"] for one in incidents.rows}, True)
        for resolver in report["resolvers"]:
            mine = [one for one in incidents.rows if one["resolver"] == resolver["resolver"]]
            check_traffic(f"resolver {resolver['resolver']}, {name}", resolver[name], mine,
                          [row for row in asked if row["server"] == resolver["resolver"]])


def check_causes(report, incidents, before):
    expect("causes", {row["cause"]: row["servfails"] for row in report["causes"] if row["servfails"]},
           dict(incidents.count(lambda one: one["counted"])))
    categories = incidents.count(lambda one: one["counted"].split(".")[0])
    expect("categories", {row["category"]: row["servfails"] for row in report["categories"] if row["servfails"]},
           dict(categories))
    for row in report["causes"]:
        expect_about(f"share of {row['cause']}", row["share_of_servfails"] or 0,
                     row["servfails"] / max(len(incidents.rows), 1), 1e-9)
        if row["servfails_before"] is not None:
            expect(f"{row['cause']} before", row["servfails_before"],
                   sum(one["counted"] == row["cause"] for one in before.rows))


def check_outages(report, everything, incidents):
    by_outage = collections.defaultdict(list)
    for one in incidents.rows:
        by_outage[one["outage"]].append(one)
    expect("outages in all", report["outages_total"], len(by_outage))
    expect("outages shown", len(report["outages"]), min(50, len(by_outage)))
    order = []
    for row in report["outages"]:
        mine = by_outage[row["outage"]]
        ever = [one for one in everything if one["outage"] == row["outage"]]
        what = f"outage {row['outage']}"
        expect(f"{what}, SERVFAILs", row["servfails"], len(mine))
        expect(f"{what}, kept", row["kept"], len(mine))
        expect_clients(what, row["clients"], mine)
        expect(f"{what}, since", ns(row["since"]), min(ns(one["time"]) for one in ever))
        expect(f"{what}, until", ns(row["until"]), max(one["ns"] for one in mine))
        expect(f"{what}, cause", row["cause"], mine[0]["counted"])
        expect(f"{what}, zone", row["zone"], mine[0]["counted_zone"])
        servers = {server["address"] for one in ever for server in one["servers"]}
        expect(f"{what}, servers", {server["address"] for server in row["servers"]} <= servers and
               len(row["servers"]) == min(16, len(servers)), True)
        expect(f"{what}, incidents", set(row["incidents"]) <= {one["incident"] for one in ever}, True)
        expect(f"{what}, explanation", row["explanation"] in {one["explanation"] for one in ever}, True)
        like = {one["outage"] for one in everything if one["cause"] == row["cause"] and
                (one["zone"] == row["zone"] if is_about_zone(row["cause"]) else True)}
        if row["history"] == "first-time":
            earlier = [one for one in everything if one["outage"] in like - {row["outage"]} and
                       is_about_zone(row["cause"]) and row["zone"] and ns(one["time"]) < ns(row["since"])]
            expect(f"{what}, the first like it", earlier, [])
        order.append((-row["clients"], -row["servfails"]))
    expect("order of outages", order, sorted(order))


def check_tops(report, incidents, before):
    def zones(of):
        return of.count(lambda one: one["counted_zone"] if is_about_zone(one["counted"]) else None)

    tops = report["tops"]
    wanted = {"zones": zones(incidents), "clients": incidents.count(lambda one: one["client"]),
              "names": incidents.count(lambda one: one["qname"])}
    keys = {"zones": "zone", "clients": "client", "names": "name_asked"}
    for kind, counts in wanted.items():
        counts.pop(None, None)
        best = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
        expect(f"top {kind}", [(row[keys[kind]], row["servfails"]) for row in tops[kind]["rows"]], best[:10])
        expect(f"how many {kind}", tops[kind]["total"], len(counts))
    yesterday = zones(before)
    for row in tops["zones"]["rows"]:
        if row["servfails_before"] is not None:
            expect(f"zone {row['zone']} before", row["servfails_before"], yesterday[row["zone"]])


def check_servers_at_fault(report, everything, incidents):
    servers = collections.defaultdict(set)
    for one in everything:
        servers[one["outage"]] |= {server["address"] for server in one["servers"]}
    counts = collections.Counter()
    for one in incidents.rows:
        if is_about_zone(one["counted"]):
            counts.update(servers[one["outage"]])
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    expect("top servers", [(row["server"], row["servfails"]) for row in report["tops"]["servers"]["rows"]], best[:10])


def check_changes(report, incidents, before):
    def count(of):
        return of.count(lambda one: (one["counted"], one["counted_zone"] if is_about_zone(one["counted"]) else None))

    if report["spans"]["before"]["traffic"] is None:
        expect("changes", report["changes"]["total"], 0)
        return
    now, then = count(incidents), count(before)
    wanted = {}
    for key in now.keys() | then.keys():
        a, b = now[key], then[key]
        kind = ("new" if b == 0 else "over" if a == 0 else "worse" if a >= 2 * b and a - b >= 10 else
                "better" if b >= 2 * a and b - a >= 10 else None)
        if kind:
            wanted[key] = (kind, a, b)
    expect("changes in all", report["changes"]["total"], len(wanted))
    for row in report["changes"]["rows"]:
        expect(f"change of {row['cause']} {row['zone']}", (row["change"], row["servfails"], row["servfails_before"]),
               wanted.get((row["cause"], row["zone"])))


def check_elapsed(report, incidents):
    buckets = [0] * LATENCY_BUCKETS
    for one in incidents.rows:
        if one["elapsed_ms"] is not None:
            buckets[bucket(one["elapsed_ms"])] += 1
    expect("elapsed", [one["count"] for one in report["elapsed"]["buckets"]], buckets)
    expect_latency("elapsed", report["elapsed"], buckets)
    expect("questions not seen", report["elapsed"]["question_not_seen"],
           sum(one["elapsed_ms"] is None for one in incidents.rows))


def check_times(report, incidents, database, zone):
    span = report["spans"]["now"]
    begin, end = ns(span["from"]), ns(span["to"])
    rows = sorted(incidents.rows, key=lambda one: one["ns"])
    times = [one["ns"] for one in rows]
    for part in report["intervals"]:
        a, b = ns(part["from"]), ns(part["to"])
        inside = rows[bisect.bisect_left(times, a):bisect.bisect_left(times, b)]
        check_traffic(f"interval {part['from']}", part["traffic"], inside,
                      database.between(a, b, True), clients=False)
    expect("intervals", (ns(report["intervals"][0]["from"]), ns(report["intervals"][-1]["to"])), (begin, end))
    if end - begin > 26 * 3600 * 10**9:
        return

    def hour(time):
        local = datetime.datetime.fromtimestamp(time // 10**9, zone)
        return local.strftime("%H:00 %z")

    counts = collections.Counter(hour(one["ns"]) for one in incidents.rows)
    found = collections.Counter()
    for row in report["hours"]:
        if row["traffic"] is not None:
            found[hour(ns(row["from"]))] += row["traffic"]["servfails"]
    expect("hours", +found, +counts)


def check_upstream(report, database):
    spans = report["spans"]
    kinds = {"asked": "queries", "answered": "responses", "silent": "unanswered", "refused": "rcode_5",
             "servfail": "rcode_2"}
    now = collections.defaultdict(list)
    before = collections.defaultdict(list)
    for row in database.between(ns(spans["now"]["from"]), ns(spans["now"]["to"]), False):
        now[row["server"]].append(row)
    for row in database.between(ns(spans["before"]["from"]), ns(spans["before"]["to"]), False):
        before[row["server"]].append(row)
    others = now.pop("", [])  # those that are counted together
    for key, column in kinds.items():
        expect(f"other servers, {key}", report["upstream"]["others"][key], sum(row[column] for row in others))
    expect("servers asked", report["upstream"]["total"], len(now))
    for row in report["upstream"]["rows"]:
        for key, column in kinds.items():
            expect(f"server {row['server']}, {key}", row[key], sum(one[column] for one in now[row["server"]]))
        for rows, suffix in ((now, ""), (before, "_before")):
            buckets = [sum(one[f"latency_{n}"] for one in rows[row["server"]]) for n in range(LATENCY_BUCKETS)]
            for percent in (50, 95, 99):
                wanted, found = percentile(buckets, percent), row[f"rtt_p{percent}{suffix}_ms"]
                if wanted is None or found is None:
                    expect(f"server {row['server']}, p{percent}{suffix}", found, wanted)
                else:
                    expect_about(f"server {row['server']}, p{percent}{suffix}", found, wanted, 0.001)


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    everything = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
    database = Minutes(sqlite3.connect(f"file:{sys.argv[3]}?mode=ro", uri=True))
    zone = zoneinfo.ZoneInfo(sys.argv[4] if len(sys.argv) > 4 else "UTC")
    spans = report["spans"]
    incidents = Incidents(everything, ns(spans["now"]["from"]), ns(spans["now"]["to"]))
    before = Incidents(everything, ns(spans["before"]["from"]), ns(spans["before"]["to"]))
    check_spans(report, everything, database)
    check_causes(report, incidents, before)
    check_outages(report, everything, incidents)
    check_tops(report, incidents, before)
    check_servers_at_fault(report, everything, incidents)
    check_changes(report, incidents, before)
    check_elapsed(report, incidents)
    check_times(report, incidents, database, zone)
    check_upstream(report, database)
    for one in differences[:40]:
        print(one, file=sys.stderr)
    print(f"{len(incidents.rows)} incidents, {len(differences)} differences")
    sys.exit(1 if differences else 0)


main()
