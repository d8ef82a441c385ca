"""The locks: exact versions with hashes, within their ranges, and nothing for learners that is not
theirs."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from patternlab.paths import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = {
    "tools": PYPROJECT["dependency-groups"]["tools"],
    "learners": [*PROJECT["dependencies"], *EXTRAS["parallelcluster"]],
    "developers": [*PROJECT["dependencies"], *EXTRAS["parallelcluster"], *EXTRAS["dev"]],
}


def lock(name: str) -> str:
    return (ROOT / "locks" / f"{name}.lock").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, set[str]]:
    """The versions of each package in a lock; more than one where machines differ."""
    found: dict[str, set[str]] = {}
    for line in re.split(r"(?<!\\)\n", lock(name)):
        if line and not line.lstrip().startswith("#"):
            pin = re.match(r"([\w.-]+)(?:\[.*\])?==(\S+)(?: ; [^\\]+)?(.*)", line, re.S)
            assert pin, f"not an exact version: {line}"
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin[3]), f"no hash: {pin[1]}"
            found.setdefault(pin[1], set()).add(pin[2])
    return found


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_pins_what_is_asked_for_within_its_range(name):
    pinned = pins(name)
    for needed in map(Requirement, WANTED[name]):
        package = re.sub(r"[-_.]+", "-", needed.name).lower()
        assert package in pinned, f"{package} is not in locks/{name}.lock: run `make lock`"
        assert all(needed.specifier.contains(version) for version in pinned[package])


def test_the_build_backend_of_the_lock_is_the_one_that_is_asked_for():
    (wanted,) = map(Requirement, PYPROJECT["build-system"]["requires"])
    assert all(wanted.specifier.contains(v) for v in pins("tools")[wanted.name])


def test_learners_get_versions_that_the_tests_ran_with():
    tested = pins("developers")
    assert {name: tested.get(name) for name in pins("learners")} == pins("learners")
    shared = pins("tools").keys() & tested.keys()
    assert shared and all(pins("tools")[name] == tested[name] for name in shared)


def test_learners_get_no_test_tool():
    ours = {Requirement(line).name for line in EXTRAS["dev"]}
    assert ours & pins("learners").keys() == set()


def licence(name: str) -> str:
    """What a package that is installed says of its licence; its classifiers if it says nothing."""
    about = metadata.metadata(name)
    stated = [about["License-Expression"], about["License"]]
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    # The old field holds the whole text in some packages, which may name the licences of others.
    short = [text for text in stated if text and "\n" not in text]
    return " | ".join([*short, *classifiers])


def is_gpl(licence: str) -> bool:
    return bool(re.search(r"GPL|General Public Licen[cs]e", licence))


def test_learners_get_no_package_under_the_gpl():
    installed = {d.metadata["Name"].replace("_", "-").lower() for d in metadata.distributions()}
    licences = {name: licence(name) for name in pins("learners").keys() & installed}
    assert len(licences) > 100
    assert {name: text for name, text in licences.items() if not text or is_gpl(text)} == {}


def test_a_package_under_the_gpl_is_recognised():
    try:
        assert is_gpl(licence("libcachesim")), "the oracle of the tests is under the GPL"
    except metadata.PackageNotFoundError:
        pytest.skip("libcachesim has no wheel for this machine")


@pytest.mark.parametrize("name", WANTED)
def test_a_lock_names_no_host(name):
    assert "://" not in lock(name) and "index" + "-url" not in lock(name) and "@" not in lock(name)
