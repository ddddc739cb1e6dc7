"""The scenarios: what each breaks, asks, and holds to be right to say of it."""
from dblab.scenario import ALL, SCENARIOS, scenario  # noqa: F401
from dblab.scenarios import (  # noqa: F401
    healthy, unreachable, late, lame, zone, path, forwarder, resolver, memory, dnssec, testbed,
    trust, limits, outages, uneven, alias, office, many, sorts, owners, network)
