"""Kill the kernel anywhere: one sweep leaves nothing. The account is a server of its own."""

import multiprocessing
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from patternlab.account.ledger import Ledger, ledgers_in
from patternlab.account.sweep import command as sweeping
from patternlab.account.sweep.look import EVERYDAY
from patternlab.cli import main
from patternlab.resources import KINDS as ALL
from tests.account.clients import Clients
from tests.account.sweep.killed import AFTER, COUNTED, MOMENTS, kernel

SEED = 5
KINDS = [kind for kind in ALL if kind in EVERYDAY]  # what the notebooks make
# A server that forks quickly: what a kernel imports is imported once.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.account.sweep.killed", "patternlab.account.backend"])


def still_there(server) -> list[str]:
    """All that the server has of anybody, asked of itself and not of the sweep."""

    def ask(service, operation, key, *path, **params):
        answer = getattr(server.client(service), operation)(**params)
        for step in path:
            answer = answer[step]
        return [f"{operation}: {one}" for one in answer.get(key, [])]

    return [
        *ask("sqs", "list_queues", "QueueUrls"),
        *ask("sns", "list_topics", "Topics"),
        *ask("sns", "list_subscriptions", "Subscriptions"),
        *ask("lambda", "list_functions", "Functions"),
        *ask("lambda", "list_event_source_mappings", "EventSourceMappings"),
        *ask("s3", "list_buckets", "Buckets"),
        *ask("events", "list_rules", "Rules"),
        *ask("logs", "describe_log_groups", "logGroups"),
        *[role for role in ask("iam", "list_roles", "Roles") if "patternlab-" in role],
    ]


def run_and_kill(server, state, moment, call) -> None:
    """A kernel, killed at that call; its ledger lies in `state`."""
    environment = server.environment | {
        "PATTERNLAB_STATE": str(state),
        "PATTERNLAB_CEILING": "1.00",
        "PATTERNLAB_NOTEBOOK": "01-sqs-lambda-dlq",
    }
    process = FORKS.Process(target=kernel, args=(environment, moment, call))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def how_many_calls(server, state) -> int:
    """How many calls a whole run makes; what it made is left to be swept."""
    run_and_kill(server, state, AFTER, 0)
    return int((state / COUNTED).read_text())


def prefix_of(state) -> str:
    (path,) = ledgers_in(state)
    return f"patternlab-{Ledger.read(path).session}-"


def sweep_of(state) -> int:
    """Sweep what the one session in `state` left."""
    return sweeping.command(
        delete=True,
        session=prefix_of(state).split("-")[1],
        expired=False,
        everything=False,
        regions=[],
        state=state,
        kinds=KINDS,
        settled=0.5,
    )


def open_entries(state) -> list:
    return [entry for path in ledgers_in(state) for entry in Ledger.read(path).open_entries()]


@pytest.fixture
def at_home(ministack, monkeypatch):
    """This process has the account's credentials, as after the kernel has died."""
    for name, value in ministack.environment.items():
        monkeypatch.setenv(name, value)
    return ministack


def test_a_whole_run_without_a_close_is_swept(at_home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATTERNLAB_STATE", str(tmp_path))
    assert how_many_calls(at_home, tmp_path) > 20
    assert {entry.kind for entry in open_entries(tmp_path)} == set(KINDS)
    assert main(["sweep"]) == 1
    assert open_entries(tmp_path) and still_there(at_home)  # it only looked
    assert main(["sweep", "--delete"]) == 0
    assert not still_there(at_home) and not open_entries(tmp_path)
    assert capsys.readouterr().out.endswith("Nothing is left.\n")
    assert main(["sweep", "--delete"]) == 0


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.deep)])
def test_after_many_kills_nothing_is_left_every_time(at_home, tmp_path, monkeypatch, capsys, kills):
    monkeypatch.setattr(sweeping, "boto3_session", Clients)  # the test above sweeps with its own
    calls = how_many_calls(at_home, tmp_path / "whole")
    assert sweep_of(tmp_path / "whole") == 0
    places = [(call, moment) for call in range(1, calls + 1) for moment in MOMENTS]
    points = random.Random(SEED).sample(places, kills)
    states = [tmp_path / str(number) for number in range(kills)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda state, at: run_and_kill(at_home, state, *at), states, points))
    had_things = 0
    for state, (call, moment) in zip(states, points, strict=True):
        prefix, where = prefix_of(state), f"killed at call {call} of {calls}, {moment}"
        had_things += any(prefix in thing for thing in still_there(at_home))
        assert sweep_of(state) == 0, f"{where}: {capsys.readouterr().out}"
        assert not [thing for thing in still_there(at_home) if prefix in thing], where
        assert not open_entries(state), where
    assert had_things >= kills / 2  # or this test proves nothing
    assert not still_there(at_home)
