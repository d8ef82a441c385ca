"""The catalogue of instance types and the ways to choose from it."""

import pytest

from patternlab import open_cloud
from patternlab.hpc import instances
from patternlab.hpc.errors import HPCError


@pytest.fixture(scope="module")
def cloud():
    with open_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def table(cloud):
    return instances.catalogue(cloud)


def entry(name, **network):
    """A type as DescribeInstanceTypes gives it; `network` goes into its NetworkInfo."""
    card = {"BaselineBandwidthInGbps": 10.0, "PeakBandwidthInGbps": 10.0}
    return {
        "InstanceType": name,
        "ProcessorInfo": {"SupportedArchitectures": ["i386", "x86_64"]},
        "VCpuInfo": {"DefaultVCpus": 4, "DefaultCores": 2},
        "MemoryInfo": {"SizeInMiB": 7680},
        "NetworkInfo": {
            "NetworkPerformance": "High",
            "NetworkCards": [card],
            "MaximumNetworkCards": 1,
            **network,
        },
        "PlacementGroupInfo": {"SupportedStrategies": ["spread", "cluster"]},
        "SupportedUsageClasses": ["on-demand"],
    }


def test_a_row_holds_what_ec2_says_of_the_type(table):
    p5 = table.loc["p5.48xlarge"]
    assert (p5["vcpus"], p5["memory_gib"], p5["gpus"], p5["gpu"]) == (192, 2048, 8, "H100")
    assert (p5["network"], p5["network_gbps"], p5["network_cards"]) == ("3200 Gigabit", 3200, 32)
    assert (p5["efa"], p5["max_efa"], p5["architecture"]) == (True, 32, "x86_64")
    graviton = table.loc["hpc7g.4xlarge"]
    assert (graviton["architecture"], graviton["spot"]) == ("arm64", False)
    assert graviton["strategies"] == "cluster, partition, spread"
    micro = table.loc["t3.micro"]
    assert (micro["strategies"], micro["burstable"]) == ("partition, spread", True)
    assert micro["baseline_gbps"] < micro["network_gbps"] == 5


def test_every_type_is_there_once_with_every_figure(table):
    assert table.index.is_unique and len(table) > 1000
    assert not table.drop(columns="usd_per_hour").isna().any().any()
    assert (table["network_gbps"] > 0).all() and (table["vcpus"] > 0).all()
    assert ((table["max_efa"] > 0) == table["efa"]).all()


@pytest.mark.parametrize(
    ("text", "gbps"),
    [("Up to 12.5 Gigabit", 12.5), ("16x 200 Gigabit", 3200), ("High", 10), ("50 Gigabit", 50)],
)
def test_the_networks_text_becomes_a_number(text, gbps):
    table = instances.table_of([entry("x.large", NetworkPerformance=text)])
    assert table.loc["x.large", "network_gbps"] == gbps


def test_an_old_type_has_neither_efa_nor_gpu_and_speaks_64_bits():
    row = instances.table_of([entry("m1.xlarge")]).loc["m1.xlarge"]
    assert not row["efa"] and row["gpus"] == row["max_efa"] == 0
    assert row["architecture"] == "x86_64" and row["strategies"] == "cluster, spread"


def test_types_with_efa_alone_are_the_same_rows(cloud, table):
    fabric = instances.catalogue(cloud, efa_only=True)
    assert fabric.equals(table[table["efa"]])


def test_a_learners_changes_stay_in_their_table(cloud):
    mine = instances.catalogue(cloud, efa_only=True)
    mine["vcpus"] = 0
    assert (instances.catalogue(cloud, efa_only=True)["vcpus"] > 0).all()


def test_prices_are_quoted_where_they_are_known(table):
    assert table.loc["c5n.18xlarge", "usd_per_hour"] == 2 * table.loc["c5n.9xlarge", "usd_per_hour"]
    assert table["usd_per_hour"].isna().any()


def test_what_is_suitable_has_it_all(table):
    found = instances.suitable(
        table, strategy="cluster", vcpus=64, memory_gib=256, network_gbps=100, efa=True
    )
    assert found["efa"].all() and found["strategies"].str.contains("cluster").all()
    assert found[["vcpus", "memory_gib", "network_gbps"]].ge([64, 256, 100]).all().all()
    assert "hpc7g.16xlarge" not in found.index  # it has 128 GiB
    assert set(instances.suitable(table, types=["t3.micro", "x"]).index) == {"t3.micro"}


def test_a_wish_too_many_is_named(table):
    with pytest.raises(HPCError, match="gpus.*303"):
        instances.suitable(table, efa=True, gpus=99)
    with pytest.raises(HPCError, match="'arm'.*arm64"):
        instances.suitable(table, architecture="arm")


def test_the_summary_counts_each_type_with_efa_once(table):
    found = instances.summary(table)
    assert found["types"].sum() == table["efa"].sum()
    assert found.index.is_monotonic_decreasing and found.loc[50, "example"] in table.index
