"""What ``pcluster create-cluster`` itself says of files: its own code path, not our judge's.

Reads a list of texts as JSON, and writes for each a list of [level, validator, message]. Run in a
process of its own: pcluster must not come into the tests'.
"""

import json
import logging
import sys

from moto import mock_aws
from pcluster.models.cluster import Cluster, ConfigValidationError
from pcluster.validators.common import FailureLevel, ValidatorContext

from patternlab.hpc.parallelcluster import EXAMPLE
from patternlab.hpc.parallelcluster.judging import ground
from patternlab.hpc.parallelcluster.judging.document import read
from patternlab.hpc.parallelcluster.judging.offline import go_offline


def said(text):
    """The failures of a request to create a cluster of this file in us-east-1."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        ground.furnish(EXAMPLE, ground.named_in(read(text)), "us-east-1")
        try:
            # validate_create_request without its first step, a look for a stack of that name.
            _, failures = Cluster("lab", text)._validate_and_parse_config(
                None, FailureLevel.ERROR, context=ValidatorContext()
            )
        except ConfigValidationError as error:
            failures = error.validation_failures
    return [[f.level.name.lower(), f.validator_type, " ".join(f.message.split())] for f in failures]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    go_offline()
    ground.answer_for_moto()
    print(json.dumps([said(text) for text in json.load(sys.stdin)]))
