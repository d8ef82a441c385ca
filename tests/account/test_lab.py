"""The cells of the EFA lab, as they are, on an account. moto is AWS, and Run Command is ours: the
ping-pong runs between two processes here, so what differs from a local cloud is all the rest."""

import nbformat
import pytest

from patternlab.account.ledger import Ledger, ledgers_in
from patternlab.paths import LABS
from tests.account.moto_with import moto_with
from tests.account.test_cluster import everything

LAB = LABS / "efa-ping-pong.ipynb"


@pytest.fixture
def account(learner, monkeypatch):
    settings = {
        # what the instructor's guide says
        **{"PATTERNLAB_HOURS": "1", "PATTERNLAB_CEILING": "4.00"},
        **{"PATTERNLAB_NOTEBOOK": LAB.name, "PATTERNLAB_BACKEND": "aws"},
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # Agents report at once. The region's quotas are not known: moto has none.
    with moto_with("ec2", "iam", "ssm"):
        yield learner


def cells():
    """The source of the cells that an account runs."""
    for cell in nbformat.read(LAB, as_version=4).cells:
        if cell.cell_type == "code" and "local-only" not in cell.metadata.get("tags", []):
            yield cell.source


@pytest.mark.deep
def test_every_cell_runs_at_the_guides_ceiling_and_nothing_is_left(account, capsys):
    namespace = {"__name__": "__main__"}
    for source in cells():
        exec(compile(source, LAB.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert not everything() and printed.rstrip().endswith("Nothing is left.")
    assert "quota not known" in printed and "REAL ACCOUNT …9012" in printed
    assert "wrong: ['one host']" in printed  # both ranks ran here, and it says so
    (path,) = ledgers_in(account)
    assert not Ledger.read(path).open_entries()
    assert "123456789012" not in printed + path.read_text("utf-8")
