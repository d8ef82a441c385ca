"""What a report may call its numbers."""

import csv
import io
import json

import pytest

from patternlab.hpc.pingpong import report as reports
from patternlab.hpc.pingpong.emulated import Wire
from tests.hpc.reports import a_report

# -- what carried the bytes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tcp", "efa", "one_host", "expected"),
    [
        (110, 0, False, "tcp"),
        (110, None, True, "tcp"),
        (3, 120, False, "efa"),  # MPI still talks to its launcher by TCP
        (3, None, True, "shared memory"),
        (3, 0, False, "unknown"),
        (None, None, True, "unknown"),  # a system that counts nothing
        (None, 120, False, "efa"),
    ],
)
def test_the_transport_is_what_carried_at_least_half_of_the_payload(tcp, efa, one_host, expected):
    carried = {"payload": 100, "tcp": tcp, "efa": efa, "uncounted": False}
    assert reports.transport(carried, one_host) == expected


def test_where_there_was_udp_nobody_can_tell_shared_memory_from_it():
    carried = {"payload": 100, "tcp": 3, "efa": None, "uncounted": True}
    assert reports.transport(carried, one_host=True) == "unknown"


@pytest.mark.parametrize(
    ("expect", "environment", "asked"),
    [
        (None, {}, None),
        ("tcp", {"FI_PROVIDER": "efa"}, "tcp"),
        (None, {"FI_PROVIDER": "efa"}, "efa"),
        (None, {"FI_PROVIDER": "efa,tcp"}, "efa"),
        (None, {"FI_PROVIDER": "tcp"}, None),
        (None, {"OMPI_MCA_mtl_ofi_provider_include": "efa"}, "efa"),
    ],
)
def test_efa_is_asked_for_by_option_or_by_setting(expect, environment, asked):
    assert reports.asked_for(expect, environment) == asked


# -- verdicts ------------------------------------------------------------------------------------


def test_two_machines_and_a_known_transport_make_a_network_number():
    found = a_report()
    assert found["kind"] == "network"
    assert found["verdict"] == (
        "A network number: 15.60 us at 1 B over EFA between node-0, node-1."
    )


def test_one_host_makes_no_network_number_whatever_it_was_called():
    found = a_report(("m", "m"), ("node-0", "node-0"), 0.49, transport="shared memory")
    assert found["kind"] == "same host"
    assert found["verdict"] == (
        "Both ranks ran on node-0. This is no network number: 0.49 us at 1 B is what shared memory "
        "takes there."
    )


def test_two_names_of_one_kernel_are_one_host():
    found = a_report(("m", "m"), ("box-a", "box-b"), transport="tcp")
    assert found["kind"] == "same host"
    assert "box-a and box-b share a kernel" in found["verdict"]


def test_one_pair_on_one_host_is_enough_to_refuse():
    found = a_report(("m", "n", "m"), ("a", "b", "a"))
    assert found["kind"] == "same host"
    assert found["verdict"].startswith("Some ranks ran on one machine of 2.")


def test_tcp_in_efa_s_place_is_said_and_by_how_much():
    carried = {"payload": 100, "tcp": 130, "efa": 0}
    found = a_report(transport="tcp", asked="efa", carried=carried)
    assert found["kind"] == "other transport"
    assert found["verdict"] == (
        "EFA was asked for, and TCP answered: 100% of the bytes came by TCP. This is no number of "
        "EFA."
    )


def test_on_one_host_it_is_said_too_that_efa_did_not_answer():
    found = a_report(("m", "m"), ("a", "a"), transport="shared memory", asked="efa")
    assert found["kind"] == "same host"
    assert found["verdict"].endswith("EFA was asked for, and shared memory answered.")


def test_what_nobody_counted_is_not_named():
    found = a_report(transport="unknown", asked="efa")
    assert found["kind"] == "unknown transport"
    assert "nothing here tells what carried the bytes" in found["verdict"]


def test_an_emulated_wire_is_never_called_anything_else():
    found = a_report(wire=str(Wire(25, 10)), asked="efa", transport="tcp")
    assert found["kind"] == "emulated"
    assert found["verdict"].startswith("Emulated: each message was held")
    assert "25 us + n / 10 Gbps" in found["verdict"]


def test_ranks_that_take_turns_on_a_core_are_told_so():
    assert a_report(crowded=True)["kind"] == "network"
    assert "share one core" in a_report(crowded=True)["verdict"]


# -- figures -------------------------------------------------------------------------------------


def test_p99_is_a_time_that_one_percent_of_the_trips_exceed():
    row = {"size_bytes": 100, "ranks": [0, 1], "trips": 200, "us": list(range(200, 0, -1))}
    found = reports.summary(row, "latency")
    assert (found["median_us"], found["mean_us"], found["p99_us"]) == (100.5, 100.5, 198)


def test_bandwidth_is_bytes_over_the_median_and_twice_that_in_both_directions():
    row = {"size_bytes": 1000, "ranks": [0, 1], "trips": 1, "us": [10.0]}
    assert reports.summary(row, "latency")["bandwidth_MBps"] == 100
    assert reports.summary(row, "bidirectional")["bandwidth_MBps"] == 200


def test_with_a_wire_the_row_has_what_was_asked_and_what_came_late():
    row = {"size_bytes": 1250, "ranks": [0, 1], "trips": 1, "us": [27.0], "late": 0.25}
    found = reports.summary(row, "latency", Wire(25, 10))
    assert (found["asked_us"], found["late"]) == (26, 0.25)


# -- how it is written ---------------------------------------------------------------------------


def test_json_is_one_line_that_says_its_format_first():
    text = reports.to_json(a_report())
    assert text.startswith('{"format": "ping-pong 1"') and "\n" not in text
    assert json.loads(text) == a_report()


def test_csv_has_the_rows_and_the_verdict_above():
    text = reports.to_csv(a_report())
    comments = [line for line in text.splitlines() if line.startswith("#")]
    table = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert any("A network number" in line for line in comments)
    assert any("node-0 node-1" in line for line in comments)
    assert rows[0]["median_us"] == "15.6" and rows[0]["ranks"] == "0-1"


def test_the_text_ends_with_the_verdict():
    text = reports.to_text(a_report())
    assert text.splitlines()[-1].startswith("A network number")
    assert "rank 1 on node-1" in text
