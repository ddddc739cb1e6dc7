"""Asks ADDRESS/ZONE... for their SOA until all of them answer, for at most 20 seconds."""
import sys
import time

import dns.message
import dns.query
import dns.rcode


def answers(address, zone):
    try:
        reply = dns.query.udp(dns.message.make_query(zone, "SOA"), address, timeout=1)
    except (OSError, dns.exception.Timeout):
        return False
    return reply.rcode() == dns.rcode.NOERROR and bool(reply.answer)


def main():
    waiting = [question.split("/", 1) for question in sys.argv[1:]]
    deadline = time.monotonic() + 20
    while waiting:
        waiting = [question for question in waiting if not answers(*question)]
        if waiting and time.monotonic() > deadline:
            sys.exit(f"no answer for {waiting[0][1]} from {waiting[0][0]}")
        time.sleep(0.1)


main()
