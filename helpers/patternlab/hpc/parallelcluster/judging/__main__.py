"""Go offline, then answer questions until there are no more."""

import json
import logging
import sys
from typing import Any

import botocore.session

from patternlab.hpc.parallelcluster.judging.offline import go_offline
from patternlab.hpc.parallelcluster.site import SecurityGroup, Site, Subnet
from patternlab.service_models import loader


def main() -> None:
    """Answer each line; only answers go to the output."""
    output, sys.stdout = sys.stdout, sys.stderr
    logging.disable(logging.CRITICAL)
    go_offline()
    # moto and pcluster make session after session, and each would read the models of EC2 anew.
    botocore.session.create_loader = lambda *_: loader()
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = _answer(question)
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer | {"number": question["number"]}), file=output, flush=True)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from patternlab.hpc.parallelcluster.judging.judge import judge

    site = question["site"]
    if site is not None:
        site = Site(
            tuple(Subnet(**subnet) for subnet in site["subnets"]),
            tuple(SecurityGroup(**group) for group in site["security_groups"]),
        )
    return judge(question["text"], site)


if __name__ == "__main__":
    main()
