"""Kill the kernel anywhere: one sweep leaves nothing. The account is a server of its own."""

import multiprocessing
import random
import signal

import pytest

from patternlab.account import sweep
from patternlab.account.ledger import Ledger, ledgers_in
from tests.account.killed import AFTER, COUNTED, MOMENTS, kernel

SEED = 5
KILLS = 20
KINDS = [kind for kind in sweep.ORDER if kind in sweep.EVERYDAY]  # what the notebooks make
# A server that forks quickly: what a kernel imports is imported once.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.account.killed", "patternlab.account.backend"])


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


def swept(state) -> int:
    return sweep.command(
        delete=True,
        session=None,
        expired=False,
        everything=False,
        regions=[],
        state=state,
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


def test_a_whole_run_without_a_close_is_swept(at_home, tmp_path):
    assert how_many_calls(at_home, tmp_path) > KILLS
    made = {entry.kind for entry in open_entries(tmp_path)}
    assert made == set(KINDS)
    assert swept(tmp_path) == 0
    assert not still_there(at_home) and not open_entries(tmp_path)


def test_twenty_kills_and_nothing_is_left_every_time(at_home, tmp_path, capsys):
    calls = how_many_calls(at_home, tmp_path)
    assert swept(tmp_path) == 0
    chance = random.Random(SEED)
    points = chance.sample(
        [(call, moment) for call in range(1, calls + 1) for moment in MOMENTS], KILLS
    )
    some_had_things = 0
    for number, (call, moment) in enumerate(points):
        state = tmp_path / str(number)
        run_and_kill(at_home, state, moment, call)
        some_had_things += bool(still_there(at_home))
        where = f"killed at call {call} of {calls}, {moment}"
        assert swept(state) == 0, f"{where}: {capsys.readouterr().out}"
        assert not still_there(at_home), where
        assert not open_entries(state), where
    assert some_had_things > KILLS / 2  # or this test proves nothing
