"""environment.yml (conda, Binder) asks for what pyproject.toml asks for, and for nothing else."""

import tomllib
from collections.abc import Iterable

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from patternlab.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())


def by_name(lines: Iterable[str]) -> dict[str, tuple[SpecifierSet, frozenset[str]]]:
    """Version range and extras of each requirement."""
    needed = [Requirement(line) for line in lines]
    assert len({r.name for r in needed}) == len(needed), "a package is listed twice"
    return {r.name: (r.specifier, frozenset(r.extras)) for r in needed}


def differences(project: dict, environment: dict) -> list[str]:
    """What one list asks for and the other does not, as sentences."""
    conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    (pip,) = (part["pip"] for part in environment["dependencies"] if isinstance(part, dict))
    wanted = by_name(project["dependencies"])
    python = next(line for line in conda if line.startswith("python="))
    conda.remove(python)
    wanted["pip"] = (SpecifierSet(), frozenset())
    given = by_name([*conda, *(line for line in pip if not line.startswith("-"))])
    found = [
        f"{name}: pyproject.toml {wanted.get(name)}, environment.yml {given.get(name)}"
        for name in sorted(wanted.keys() | given.keys())
        if wanted.get(name) != given.get(name)
    ]
    found += [f"{line}: conda has no extras" for line in conda if Requirement(line).extras]
    if not SpecifierSet(project["requires-python"]).contains(python.removeprefix("python=")):
        found.append(f"python: pyproject.toml does not allow {python} of environment.yml")
    if "-e ." not in pip:
        found.append("environment.yml does not install the course itself")
    return found


def test_environment_asks_for_what_the_project_asks_for():
    assert differences(PROJECT, ENVIRONMENT) == []


@pytest.mark.parametrize(
    "change, name",
    [
        (lambda lines: [line for line in lines if not line.startswith("simpy")], "simpy"),
        (lambda lines: [*lines, "tornado>=6"], "tornado"),
        (lambda lines: [line.replace("lab>=4.6", "lab>=4.5") for line in lines], "jupyterlab"),
        (lambda lines: [line.replace("[apigateway,", "[") for line in lines], "moto"),
    ],
    ids=["dropped", "added", "other range", "other extras"],
)
def test_a_difference_is_found_and_named(change, name):
    other = PROJECT | {"dependencies": change(PROJECT["dependencies"])}
    (found,) = differences(other, ENVIRONMENT)
    assert found.startswith(f"{name}:")


def test_a_python_outside_the_range_is_found():
    (found,) = differences(PROJECT | {"requires-python": ">=3.12"}, ENVIRONMENT)
    assert found.startswith("python:")


def test_binder_reads_this_file():
    # A binder/ or .binder/ folder would make Binder ignore the environment.yml beside it.
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()


def test_what_is_left_out_is_named_as_the_extra_has_it():
    (left_out,) = PROJECT["optional-dependencies"]["parallelcluster"]
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert f"pip install '{left_out}'" in text
    assert "parallelcluster" in (ROOT / "README.md").read_text(encoding="utf-8")
