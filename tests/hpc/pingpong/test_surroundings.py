"""What the operating system tells of hosts, settings and bytes."""

import socket
import sys

import pytest

from patternlab.hpc.pingpong import surroundings

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux counts bytes a socket")


@linux
def test_bytes_that_arrive_by_tcp_are_counted():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as here,
        server.accept()[0] as there,
    ):
        before = surroundings.received()["tcp"]
        here.sendall(bytes(5000))
        assert len(there.recv(5000, socket.MSG_WAITALL)) == 5000
        assert surroundings.received()["tcp"] - before == 5000


@linux
def test_what_is_no_tcp_connection_is_not_counted():
    before = surroundings.received()["tcp"]
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"by another way")
        assert other.recv(100) == b"by another way"
        assert surroundings.received()["tcp"] == before


@linux
def test_a_socket_for_udp_is_seen_and_stays_open():
    others = surroundings.speaks_udp()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        assert surroundings.speaks_udp()
        mine.bind(("127.0.0.1", 0))
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        assert surroundings.speaks_udp() is others


def test_an_efa_device_is_known_by_its_driver(tmp_path, monkeypatch):
    for name, driver, counted in [("rdmap0s6", "efa", 700), ("mlx5_0", "mlx5_core", 900)]:
        counters = tmp_path / "class" / name / "ports/1/hw_counters"
        counters.mkdir(parents=True)
        (counters / "rx_bytes").write_text(f"{counted}\n")
        (counters / "rdma_read_bytes").write_text("11\n")
        (tmp_path / driver).mkdir()
        (tmp_path / "class" / name / "device").mkdir()
        (tmp_path / "class" / name / "device/driver").symlink_to(tmp_path / driver)
    monkeypatch.setattr(surroundings, "DEVICES", tmp_path / "class")
    assert surroundings.efa_devices() == ["rdmap0s6"]
    assert surroundings.received()["efa"] == 711


def test_without_an_efa_device_nothing_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(surroundings, "DEVICES", tmp_path)
    assert surroundings.received()["efa"] is None


def test_the_settings_that_choose_a_transport_are_kept_and_no_others(monkeypatch):
    for name in ("FI_PROVIDER", "UCX_TLS", "MPIR_CVAR_NOLOCAL", "OMPI_MCA_pml", "UCX_HOME"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found = surroundings.process(3)
    assert found["rank"] == 3 and found["host"] == socket.gethostname()
    assert {"FI_PROVIDER", "UCX_TLS", "MPIR_CVAR_NOLOCAL", "OMPI_MCA_pml"} <= set(
        found["environment"]
    )
    assert not {"AWS_SECRET_ACCESS_KEY", "UCX_HOME"} & set(found["environment"])


def test_fi_info_is_asked_where_there_is_one(tmp_path, monkeypatch):
    command = tmp_path / "fi_info"
    command.write_text('#!/bin/sh\necho "fi_getinfo: -61" >&2\nexit 1\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(surroundings, "FI_INFO", "")
    assert surroundings.fi_info() == "fi_getinfo: -61"
    command.unlink()
    assert surroundings.fi_info() is None


@pytest.mark.parametrize(
    ("library", "environment", "expected"),
    [
        ("MPICH Version: 5\nMPICH Device:   ch4:ucx ofi", {}, "UCX"),
        ("MPICH Device: ch4:ofi", {"FI_PROVIDER": "tcp"}, "libfabric (FI_PROVIDER=tcp)"),
        (
            "MPICH Device: ch4:ucx ofi",
            {"MPIR_CVAR_CH4_NETMOD": "ofi"},
            "libfabric (MPIR_CVAR_CH4_NETMOD=ofi)",
        ),
        ("Intel(R) MPI Library 2021.4", {}, "libfabric"),
        ("Open MPI v5.0.9", {"OMPI_MCA_pml": "cm"}, "Open MPI's choice (OMPI_MCA_pml=cm)"),
    ],
)
def test_the_provider_is_named_with_the_settings_that_choose_it(library, environment, expected):
    assert surroundings.provider(library, environment) == expected


def test_the_clock_has_a_name_and_a_resolution():
    found = surroundings.clock()
    assert found["name"] and 0 < found["resolution_ns"] <= 1000
