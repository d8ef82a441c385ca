"""The ledger: on disk before the create, true whatever happens to its writer."""

import json
import multiprocessing
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from patternlab.account.ledger import Ledger, LedgerError, endpoint_host, ledgers_in
from patternlab.resources.naming import Session

SESSION = Session("k3f9qb", "eu-west-1", "01-sqs", datetime(2031, 5, 1, 12, tzinfo=UTC))
NAME = "patternlab-k3f9qb-orders"
ACCOUNT = "123456789012"


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.open(tmp_path, SESSION, account=ACCOUNT, endpoint=None)


def states(ledger) -> dict[str, str]:
    return {entry.id: entry.state for entry in Ledger.read(ledger.path).entries()}


def test_the_header_says_whose_it_is(ledger):
    again = Ledger.read(ledger.path)
    assert again == ledger
    assert (again.session, again.region, again.notebook) == ("k3f9qb", "eu-west-1", "01-sqs")
    assert (again.expires, again.account, again.endpoint) == (SESSION.expires, "9012", "aws")


def test_it_lies_in_a_folder_of_ones_own(ledger, tmp_path):
    assert ledgers_in(tmp_path) == [tmp_path / "ledger" / "k3f9qb.jsonl"]
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700
    assert os.listdir(ledger.path.parent) == ["k3f9qb.jsonl"]  # no draft is left


def test_an_entry_is_on_disk_when_planned_returns(ledger, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    entry = ledger.planned("queue", NAME)
    assert synced == [ledger.path.stat().st_size]
    assert [(e.id, e.kind, e.name) for e in Ledger.read(ledger.path).open_entries()] == [
        (entry, "queue", NAME)
    ]


def test_an_entry_lives_from_planned_to_gone(ledger):
    mapping = ledger.planned("mapping", NAME)
    ledger.made(mapping, "u-1")
    queue, topic = ledger.planned("queue", NAME), ledger.planned("topic", NAME, "us-east-2")
    ledger.failed(queue)
    found = {entry.id: entry for entry in ledger.open_entries()}
    assert set(found) == {mapping, topic}
    assert (found[mapping].state, found[mapping].identifier) == ("made", "u-1")
    assert (found[mapping].region, found[topic].region) == ("eu-west-1", "us-east-2")
    ledger.gone(mapping)
    assert states(ledger) == {mapping: "gone", queue: "failed", topic: "planned"}


def test_opening_it_again_goes_on_with_it(ledger, tmp_path):
    entry = ledger.planned("queue", NAME)
    again = Ledger.open(tmp_path, SESSION, account=ACCOUNT, endpoint=None)
    assert [e.id for e in again.open_entries()] == [entry]


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_cut_by_a_kill_counts_for_nothing(ledger, cut):
    before = ledger.planned("queue", NAME)
    whole = ledger.path.read_bytes()
    ledger.planned("topic", NAME)
    line = ledger.path.read_bytes()[len(whole) :]
    ledger.path.write_bytes(whole + line[:cut])
    assert states(ledger) == {before: "planned"}
    after = ledger.planned("bucket", NAME)  # the next line does not stick to the cut one
    ledger.made(after)
    assert states(ledger) == {before: "planned", after: "made"}


def test_a_line_that_lacks_only_its_end_counts(ledger):
    entry = ledger.planned("queue", NAME)
    ledger.path.write_bytes(ledger.path.read_bytes()[:-1])
    assert states(ledger) == {entry: "planned"}
    ledger.gone(entry)
    assert states(ledger) == {entry: "gone"}


def _write_many(path: Path, kind: str) -> None:
    ledger = Ledger.read(path)
    for number in range(50):
        ledger.made(ledger.planned(kind, f"{NAME}-{number}"))


def test_two_processes_may_write(ledger):
    spawn = multiprocessing.get_context("spawn")
    writers = [
        spawn.Process(target=_write_many, args=(ledger.path, kind)) for kind in ("queue", "topic")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = Ledger.read(ledger.path).entries()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert {e.state for e in entries} == {"made"}
    assert sorted((e.kind, e.name) for e in entries) == sorted(
        (kind, f"{NAME}-{number}") for kind in ("queue", "topic") for number in range(50)
    )


@pytest.mark.parametrize(
    "damage",
    [
        "this is no JSON",
        '{"is": "planned", "entry": "1", "kind": "queue"}',
        '{"is": "made", "entry": "nobody\'s"}',
        '{"is": "sold", "entry": "1"}',
        '{"entry": "1"}',
        '["a", "list"]',
        '{"is": "planned", "ent',
    ],
)
def test_damage_by_hand_is_one_sentence_with_file_and_line(ledger, damage):
    ledger.planned("queue", NAME)
    with ledger.path.open("a") as file:
        file.write(damage + "\n")
    ledger.planned("topic", NAME)
    with pytest.raises(LedgerError) as refusal:
        Ledger.read(ledger.path)
    said = str(refusal.value)
    assert f"{ledger.path}" in said and "line 3" in said
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "\n", "nonsense\n", "{}\n", '{"is": "header"}\n'])
def test_a_ledger_without_its_header_is_refused(ledger, text):
    ledger.path.write_text(text)
    with pytest.raises(LedgerError, match="line 1"):
        Ledger.read(ledger.path)


@pytest.mark.parametrize(
    "name",
    [
        f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders",
        f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/orders",
        f"sns/eu-west-1/{ACCOUNT}/orders",
        "x?X-Amz-Signature=abc",
    ],
)
def test_no_account_id_arn_or_url_gets_in(ledger, name):
    entry = ledger.planned("mapping", NAME)
    for write in (lambda: ledger.planned("queue", name), lambda: ledger.made(entry, name)):
        with pytest.raises(LedgerError) as refused:
            write()
        assert ACCOUNT not in str(refused.value)
    assert ACCOUNT not in ledger.path.read_text()
    assert states(ledger) == {entry: "planned"}


@pytest.mark.parametrize(
    ("kind", "identifier"),
    [
        ("subscription", f"{NAME}:1e9faf30-5073-4fd9-89bc-815559591012"),
        ("security group", "sg-012345678901abcde"),
        ("instance", "i-012345678901abcde i-abcde012345678901"),
    ],
)
def test_a_random_id_that_happens_to_hold_twelve_digits_is_no_account_id(ledger, kind, identifier):
    entry = ledger.planned(kind, NAME)
    ledger.made(entry, identifier)
    assert states(ledger) == {entry: "made"}


def test_an_unknown_kind_is_refused_before_the_create(ledger):
    with pytest.raises(LedgerError, match="'zeppelin'"):
        ledger.planned("zeppelin", NAME)


def test_an_endpoint_is_host_and_port_only(tmp_path):
    ledger = Ledger.open(
        tmp_path, SESSION, account="…9012", endpoint="http://me:secret@127.0.0.1:4566/a?b=c"
    )
    header = json.loads(ledger.path.read_text())
    assert (header["endpoint"], header["account"]) == ("127.0.0.1:4566", "9012")
    assert endpoint_host("127.0.0.1:4566") == endpoint_host("http://127.0.0.1:4566/")
    assert endpoint_host("https://sts.eu-west-1.amazonaws.com") == "aws"
    assert endpoint_host("https://sts.cn-north-1.amazonaws.com.cn") == "aws"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "ledger").write_text("a file where the folder should be")
    with pytest.raises(LedgerError, match="PATTERNLAB_STATE"):
        Ledger.open(tmp_path, SESSION, account=ACCOUNT, endpoint=None)


def test_a_full_disk_is_one_sentence(ledger, monkeypatch):
    entry = ledger.planned("queue", NAME)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:10]))
    with pytest.raises(LedgerError, match="full.*PATTERNLAB_STATE"):
        ledger.planned("topic", NAME)
    monkeypatch.undo()
    assert states(ledger) == {entry: "planned"}


def test_a_ledger_that_vanished_is_one_sentence(ledger):
    ledger.path.unlink()
    with pytest.raises(LedgerError, match="PATTERNLAB_STATE"):
        ledger.planned("queue", NAME)
    with pytest.raises(LedgerError, match=SESSION.id):
        Ledger.read(ledger.path)
