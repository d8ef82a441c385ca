"""Each instance type counts for one quota."""

import pytest

from patternlab.hpc.quotas import quota_of


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("c5n.9xlarge", "L-1216C47A"),
        ("hpc7g.4xlarge", "L-F7808C92"),
        ("p5.48xlarge", "L-417A185B"),
        ("g5.8xlarge", "L-DB2E81BA"),
        ("trn1.32xlarge", "L-2C3B7624"),
        ("m5.large", "L-1216C47A"),
        ("u-6tb1.56xlarge", "L-43DA4232"),
    ],
)
def test_the_quota_that_counts_a_types_vcpus(kind, code):
    assert quota_of(kind)[0] == code
