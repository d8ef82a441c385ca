"""One local cloud for the tests of a module: each of them leaves it as it was."""

import pytest

from patternlab import open_cloud
from patternlab.hpc.cluster import launch, plan, teardown


@pytest.fixture(scope="module")
def cloud():
    with open_cloud(seed=10) as opened:
        yield opened


@pytest.fixture(scope="module")
def wanted(cloud):
    return plan(cloud)


@pytest.fixture(autouse=True)
def left_clean(request, monkeypatch):
    yield
    if "cloud" not in request.fixturenames:
        return
    monkeypatch.undo()
    cloud = request.getfixturevalue("cloud")
    cloud.faults.clear()
    teardown(cloud, "efa-lab", lambda line: None)


@pytest.fixture
def cluster(cloud, wanted):
    return launch(cloud, wanted, agreed_usd=10, tell=lambda line: None)
