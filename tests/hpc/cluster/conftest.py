"""A local cloud, shared by the tests of a module where they leave nothing, and quiet launches."""

import pytest

from patternlab import open_cloud
from patternlab.hpc.cluster import launch, plan


@pytest.fixture
def cloud():
    with open_cloud(seed=10) as opened:
        yield opened


@pytest.fixture
def wanted(cloud):
    return plan(cloud)


@pytest.fixture
def cluster(cloud, wanted):
    return launch(cloud, wanted, agreed_usd=10, tell=lambda line: None)
