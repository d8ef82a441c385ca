"""Reads what to judge, goes offline, judges, and writes the answers."""

import json
import logging
import sys

from patternlab.hpc.parallelcluster.judging.offline import go_offline
from patternlab.hpc.parallelcluster.site import SecurityGroup, Site, Subnet


def main() -> None:
    """Answer one request; only the answer goes to the output."""
    asked, output = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr
    logging.disable(logging.CRITICAL)
    go_offline()
    from patternlab.hpc.parallelcluster.judging.judge import judge

    site = asked["site"]
    if site is not None:
        site = Site(
            tuple(Subnet(**subnet) for subnet in site["subnets"]),
            tuple(SecurityGroup(**group) for group in site["security_groups"]),
        )
    json.dump([judge(text, site) for text in asked["texts"]], output)


if __name__ == "__main__":
    main()
