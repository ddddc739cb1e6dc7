"""Figures over all captures, as Markdown: by family of causes, by resolver, and for the cases of
the test bed how often the four resolvers say the same. Beside the program's stand the resolvers'
own words, Extended DNS Errors (RFC 8914), judged by the same truth."""
import collections

# What the codes say, as causes; a trailing dot stands for the whole category.
EDE_CAUSES = {
    6: ("dnssec.bogus", "dnssec.signature-invalid"),
    7: ("dnssec.signature-expired",),
    8: ("dnssec.signature-not-yet-valid",),
    9: ("dnssec.dnskey-missing", "dnssec.ds-mismatch"),
    10: ("dnssec.signature-missing",),
    11: ("dnssec.dnskey-missing", "dnssec.ds-mismatch"),
    12: ("dnssec.denial-invalid",),
    13: ("cached.failure",),
    14: ("resolver.no-upstream",),
    15: ("resolver.policy",),
    16: ("resolver.policy",),
    17: ("resolver.policy",),
    18: ("resolver.policy",),
    20: ("lame.",),
    22: ("unreachable.", "timeout.", "lame."),
    23: ("unreachable.", "timeout.", "network."),
    24: ("zone.invalid-response",),
    25: ("dnssec.signature-expired",),
}
FAMILIES = ("resolver", "dnssec", "unreachable", "timeout", "forwarder", "zone", "lame", "network",
            "unattributed")
COLUMNS = (("SERVFAILs", "servfails"), ("missed", "missed"), ("invented", "invented"),
           ("cause exact", "exact"), ("cause accepted", "accepted"), ("wrong blame", "wrong"),
           ("zone right", "zone"), ("servers right", "servers"), ("EDE sent", "ede"),
           ("EDE: category", "ede_category"), ("EDE: cause", "ede_cause"))
COUNTS = ("servfails", "missed", "invented")
BED, BED_ZONE = "testbed-", ".testbed.net."


def category(cause):
    return cause.split(".")[0]


def origin(answer):
    """The cause behind the failure, also where it was answered from memory."""
    return next((one for one in answer["accepted"] if one != "cached.failure"), "cached.failure")


def ede_codes(answer):
    return tuple(sorted(one["code"] for one in answer.get("ede", [])))


def ede_figures(answer):
    said = {cause for code in ede_codes(answer) for cause in EDE_CAUSES.get(code, ())}
    figures = collections.Counter(ede=bool(ede_codes(answer)))
    figures["ede_category"] = category(origin(answer)) in {category(cause) for cause in said}
    figures["ede_cause"] = any(cause == accepted or cause == category(accepted) + "."
                               for cause in said for accepted in answer["accepted"])
    return figures


def underlying(incident, by_id):
    """The verdict's cause; of a remembered failure that of its origin, where it is told."""
    causes = [by_id.get(incident.get("origin"), incident)["cause"]]
    causes += [one["cause"] for one in incident.get("contributing", [])]
    return next((cause for cause in causes if cause != "cached.failure"), "cached.failure")


class Table:
    def __init__(self):
        self.families = collections.defaultdict(collections.Counter)
        self.resolvers = collections.defaultdict(collections.Counter)
        self.total = collections.Counter()
        self.bed = collections.defaultdict(dict)  # question -> resolver -> (answer, verdict)

    def add(self, truth, verdicts, invented):
        """`verdicts`: (answer, incident or None, its figures) for each SERVFAIL of a capture."""
        by_id = {incident.get("incident"): incident for _, incident, _ in verdicts if incident}
        for answer, incident, figures in verdicts:
            figures = figures + ede_figures(answer)
            for counter in (self.families[category(origin(answer))],
                            self.resolvers[truth["resolver"]], self.total):
                counter.update(figures)
            if truth["scenario"].startswith(BED) and answer["qname"].endswith(BED_ZONE):
                verdict = incident and underlying(incident, by_id)
                self.bed[answer["qname"]].setdefault(truth["resolver"], (answer, verdict))
        for counter in (self.resolvers[truth["resolver"]], self.total):
            counter["invented"] += invented

    def markdown(self):
        order = [name for name in FAMILIES if name in self.families]
        lines = heading("family of causes") + [row(name, self.families[name]) for name in order]
        lines += ["", *heading("resolver")]
        lines += [row(name, self.resolvers[name]) for name in sorted(self.resolvers)]
        lines += [row("**all**", self.total)]
        return "\n".join(lines + ["", *self.agreement()])

    def agreement(self):
        """How often the resolvers say the same of a case that all of them fail for. What is told of
        a failure that was remembered is its origin's cause."""
        cases = [told for told in self.bed.values() if len(told) == len(self.resolvers) > 1]
        if not cases:
            return []
        codes = [{ede_codes(answer) for answer, _ in told.values()} for told in cases]
        causes = [{verdict for _, verdict in told.values()} for told in cases]
        right = [all(verdict in answer["accepted"] for answer, verdict in told.values())
                 for told in cases]
        rows = (("all resolvers send the same EDE", sum(len(one) == 1 and one != {()}
                                                        for one in codes)),
                ("`dnsblame` says the same cause for all", sum(len(one) == 1 for one in causes)),
                ("... and it is accepted for all", sum(len(one) == 1 and fine
                                                       for one, fine in zip(causes, right))))
        return [f"| {len(cases)} questions of the test bed that all resolvers fail for | |",
                "| --- | --- |", *(f"| {label} | {part(count, len(cases))} |"
                                   for label, count in rows)]


def heading(first):
    names = [first, *(label for label, _ in COLUMNS)]
    return ["| " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(COLUMNS)]


def part(count, whole):
    return f"{count} ({100 * count / whole:.1f} %)" if whole else "-"


def row(label, figures):
    cells = [str(figures[key]) if key in COUNTS else part(figures[key], figures["servfails"])
             for _, key in COLUMNS]
    return "| " + " | ".join([label, *cells]) + " |"
