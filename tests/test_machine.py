"""The check of the machine, and the settings that an install puts where JupyterLab reads them."""

import json
from importlib import metadata

import pytest

from patternlab import machine
from patternlab.paths import ROOT


def finding(what: str) -> machine.Finding:
    (found,) = [f for f in machine.check() if f.what == what]
    return found


def test_this_machine_has_what_the_course_needs():
    assert [f for f in machine.check() if not f.ok] == []


def test_every_dependency_is_looked_at():
    looked_at = {f.what for f in machine.check()}
    assert {"Python", "jupyterlab", "ipywidgets", "boto3", "moto", "simpy"} <= looked_at
    assert "pytest" not in looked_at, "a learner does not need what only the tests need"


def test_a_version_outside_the_range_is_reported_with_the_range(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.1")
    moto = finding("moto")
    assert not moto.ok and moto.found == "0.0.1" and ">=5.2.5" in moto.advice


def test_a_missing_package_is_reported(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert not finding("simpy").ok and finding("simpy").found == "not installed"


def test_an_old_python_is_reported(monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", (3, 10, 4, "final", 0))
    assert not finding("Python").ok and finding("Python").found == "3.10.4"


def test_the_install_turned_overlapping_widget_messages_off():
    # An editable install has to put the file into the prefix too: JupyterLab reads it there.
    assert (
        machine.OVERRIDES.read_bytes()
        == (ROOT / "helpers/share/jupyter/lab/settings/overrides.json").read_bytes()
    )
    assert finding("JupyterLab settings").ok


@pytest.mark.parametrize(
    "content",
    [
        None,
        "not json",
        "{}",
        json.dumps(
            {"@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "perComm"}}
        ),
    ],
    ids=["missing", "not json", "empty", "turned on"],
)
def test_settings_that_would_spoil_the_sliders_are_reported(monkeypatch, tmp_path, content):
    path = tmp_path / "overrides.json"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(machine, "OVERRIDES", path)
    found = finding("JupyterLab settings")
    assert not found.ok and "make clean lab" in found.advice
