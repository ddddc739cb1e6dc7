"""Writes down what really happened: an entry for each answer that a client got.

The scenario knows what it broke. Which answers came from a failed fetch and which from the memory
of one is decided by the packets between question and answer.
"""
import datetime
from dataclasses import replace

import dns.edns
import dns.flags
import dns.rcode
import dns.rdatatype

from dblab import network, wire


WAITED_NS = 10e9  # for late answers, by default
# To know that there is nobody to ask, or that one must not, is as quick as to remember a failure.
AT_ONCE = ("unreachable.bad-address", "resolver.policy")


def timestamp(time_ns):
    seconds = datetime.datetime.fromtimestamp(time_ns // 10**9, datetime.timezone.utc)
    return f"{seconds:%Y-%m-%dT%H:%M:%S}.{time_ns % 10**9:09d}Z"


def under(name, suffix):
    return suffix == "." or ("." + name).endswith("." + suffix)


class Ledger:
    """The messages of a run, sorted into those of clients and those upstream."""

    def __init__(self, messages, clients, services, egresses):
        self.questions, self.answers, self.upstream, self.replies = {}, [], [], []
        for message in messages:
            response = message.dns.flags & dns.flags.QR
            if message.question is None:
                continue
            if response and message.source in services and message.target in clients:
                self.answers.append(message)
            elif not response and message.target in services and message.source in clients:
                self.questions.setdefault(self.key(message, message.source), []).append(message)
            elif not response and message.source in egresses and message.target_port == 53:
                self.upstream.append(message)
            elif response and message.target in egresses and message.source_port == 53:
                self.replies.append(message)

    @staticmethod
    def key(message, client):
        """A client that repeats itself keeps the ID; dig takes another port each time."""
        return (client, message.dns.id, message.question.name.to_text().lower(),
                message.question.rdtype, message.transport)

    def asked(self, answer):
        """When this was first asked, and when last from the port that is answered."""
        questions = [one for one in self.questions.get(self.key(answer, answer.target), [])
                     if one.time_ns <= answer.time_ns]
        last = [one.time_ns for one in questions if one.source_port == answer.target_port]
        return (questions[0].time_ns, last[-1]) if last else (None, None)


def depends(message, expectation):
    """Whether an upstream query belongs to what is broken."""
    name = message.question.name.to_text().lower().removeprefix("_.")
    return (message.target in expectation.addresses or under(name, expectation.suffix)
            or any(under(name, zone) for zone in expectation.zones if zone and zone.count(".") > 1)
            or any(under(name, other) for other in expectation.related))


def above(query, answer, expectation):
    """Whether an upstream query is for a zone above the name that failed, at the servers that are
    broken: its DNSKEY, its DS, or the name step by step."""
    name = query.question.name.to_text().lower().removeprefix("_.")
    failed = answer.question.name.to_text().lower()
    return (query.target in expectation.addresses and under(name, expectation.suffix)
            and under(failed, name))


def accepted(ledger, answer, expectation, failures):
    """The causes that are right for a SERVFAIL, the exact one first.

    Who asked before the fetch failed carries its cause, also when he had to ask again to be told.
    Who asked later and set nothing in motion was answered from memory."""
    causes = refined(ledger, answer, expectation)
    begun, asked = ledger.asked(answer)
    if asked is None or expectation.forgets:
        return causes
    remembered = any(time < begun for time in failures)
    work = [query for query in ledger.upstream if depends(query, expectation)]
    during = [query for query in work if asked <= query.time_ns <= answer.time_ns]
    for_it = [query for query in during if query.question.name == answer.question.name]
    at_once = answer.time_ns - asked < 20_000_000
    if any(query.target in expectation.addresses for query in for_it) and begun == asked:
        return causes
    if remembered and any(above(query, answer, expectation) for query in during):
        return causes + ["cached.failure"]
    if remembered and not for_it and (at_once or not during):
        if causes[0] in AT_ONCE:
            return causes + ["cached.failure"]
        return ["cached.failure"] + causes
    if remembered and not for_it and expectation.suffix == ".":
        return causes + ["cached.failure"]  # what else was done meanwhile is the other names'
    worked = any(begun <= query.time_ns <= answer.time_ns for query in work)
    if causes[0].startswith("resolver.") and not remembered and not (worked and begun < asked):
        return causes
    before = any(query.time_ns < asked for query in work)
    if (remembered and at_once) or (before and (not during or begun < asked and at_once)):
        return causes + ["cached.failure"]
    return causes


def refined(ledger, answer, expectation):
    """What the packets cannot show is not asked for: that a server answers others, or without EDNS.
    """
    causes = list(expectation.causes)
    if causes[0] == "unreachable.bad-address":
        tried = any(query.target in expectation.addresses for query in ledger.upstream)
        return [one for one in causes if tried or one != "unreachable.no-response"]
    replies = [reply for reply in ledger.replies if reply.source in expectation.addresses
               and -60e9 < reply.time_ns - answer.time_ns]
    near = [reply for reply in replies if reply.time_ns - answer.time_ns < 5e9]
    if causes[0] == "forwarder.slow" and not any(
            reply.time_ns - answer.time_ns < WAITED_NS for reply in replies):
        return causes + ["forwarder.down"]
    if causes[0] == "timeout.intermittent":
        begun, _ = ledger.asked(answer)
        tried = {query.target for query in ledger.upstream if query.target in expectation.addresses
                 and begun is not None and begun <= query.time_ns <= answer.time_ns
                 and answer.question.name.is_subdomain(query.question.name)}
        answering = tried & {reply.source for reply in near}
        if len(answering) * 2 <= len(tried):
            return list(dict.fromkeys(["unreachable.no-response"] + causes))
        if answering != tried:
            return list(dict.fromkeys(causes + ["unreachable.no-response"]))
    if causes[0] == "network.edns-blocked" and not any(reply.dns.edns < 0 for reply in near):
        return ["unreachable.no-response"]
    return causes


def is_failed_beyond(ledger, answer, expectation):
    """Did the forwarder, not told CD=1, find the bad signature itself and give nothing but that?"""
    told = [reply for reply in ledger.replies if reply.question.name == answer.question.name
            and reply.time_ns <= answer.time_ns]
    return (expectation.causes[0].startswith("dnssec.") and bool(told)
            and all(reply.dns.rcode() == dns.rcode.SERVFAIL and reply.dns.flags & dns.flags.RA
                    for reply in told))


def expectation_for(expectations, name):
    fitting = [one for one in expectations if under(name, one.suffix)]
    return max(fitting, key=lambda one: len(one.suffix), default=None)


def entry(ledger, answer, expectations, failures, log_lines):
    name = answer.question.name.to_text().lower()
    result = {
        "client": answer.target, "client_port": answer.target_port, "resolver": answer.source,
        "transport": answer.transport, "id": answer.dns.id, "qname": name,
        "qtype": dns.rdatatype.to_text(answer.question.rdtype),
        "rcode": dns.rcode.to_text(answer.dns.rcode()), "time": timestamp(answer.time_ns),
        "ede": [{"code": int(option.code), "text": option.text or ""}
                for option in answer.dns.options
                if isinstance(option, dns.edns.EDEOption)],
    }
    if answer.dns.rcode() != dns.rcode.SERVFAIL:
        return result
    expectation = expectation_for(expectations, name)
    if expectation is None:
        raise RuntimeError(f"SERVFAIL for {name}, which nothing was to break")
    broken = tuple(expectation.zones) or expectation.suffix  # whatever leads there
    before = failures.setdefault(broken, [])
    if is_failed_beyond(ledger, answer, expectation):
        expectation = replace(expectation, causes=["forwarder.servfail", *expectation.causes],
                              zones=[*expectation.zones, None])
    result["accepted"] = accepted(ledger, answer, expectation, before)
    before.append(answer.time_ns)
    result["zone"] = expectation.zones
    result["servers"] = expectation.addresses
    result["servers_required"] = expectation.servers_required
    result["log"] = log_lines(name)[-3:]
    return result


def describe(scenario, stage, files, watched):
    """The truth of a run. `watched`: (network.Resolver, its kind, name -> what its log says of it),
    the clients' resolver first. Where that one asks another that is captured, too, it is its
    client, but for a second resolver of the same clients."""
    messages = wire.messages(files)
    everybody = clients = network.CLIENTS + network.CLIENTS_V6
    if stage.forwards_back:
        clients = everybody + watched[-1][0].egresses
    answers = []
    for resolver, _, log_lines in watched:
        if resolver.role == "second":
            clients = everybody
        ledger = Ledger(messages, clients, resolver.services, resolver.egresses)
        expectations = [one for one in stage.expectations if one.role == resolver.role]
        failures = {}
        answers += [entry(ledger, answer, expectations, failures, log_lines)
                    for answer in ledger.answers]
        clients = resolver.egresses
    answers.sort(key=lambda answer: answer["time"])
    truth = {
        "scenario": scenario.name, "claim": scenario.claim, "resolver": stage.kind,
        "resolver_addresses": [service for resolver, _, _ in watched
                               for service in resolver.services],
        "egress_addresses": [egress for resolver, _, _ in watched for egress in resolver.egresses],
    }
    if scenario.needs:
        truth["needs"] = scenario.needs
    truth["answers"] = answers
    return truth


def check(scenario, stage, truth):
    """What the clients got must be what the scenario meant them to get."""
    if not truth["answers"]:
        raise RuntimeError("no client got an answer")
    for expectation in stage.expectations:
        names = [answer for answer in truth["answers"]
                 if under(answer["qname"], expectation.suffix)]
        failed = any(answer["rcode"] == "SERVFAIL" for answer in names)
        if not failed and not expectation.optional:
            got = sorted({answer["rcode"] for answer in names}) or ["silence"]
            raise RuntimeError(f"no SERVFAIL for {expectation.suffix} but {', '.join(got)}")
