"""What a site is told, and when."""

import math

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer import Site


def test_a_site_reads_its_units():
    site = Site("1 Gbps", storage="5 GB/s", drives="100 TB")
    assert (site.link_rate, site.storage_rate, site.drive_bytes) == (1e9, 40e9, 100e12)


def test_what_is_not_told_does_not_limit():
    site = Site("1 Gbps")
    assert math.isinf(site.storage_rate) and site.drive_bytes == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"link": "1 GB"}, "1 GB is a size, not a rate"),
        ({"link": "1 Gbps", "drives": "80 TBs"}, "units have no plural"),
        ({"link": "1 Gbps", "utilisation": 80}, "above 0 and up to 1, not 80"),
    ],
)
def test_a_mistake_is_told_at_once(wrong, sentence):
    with pytest.raises(HPCError, match=sentence):
        Site(**wrong)
