"""The frame: make's targets and its one-sentence refusals, the README, what CI runs."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patternlab.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.search(r"^TARGETS := (.+)$", MAKEFILE, re.M)[1].split()
MAKE_VARIABLES = ["PYTHON", "PORT", "ARGS"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # `make test` hands its own flags and variables down to us: start from none.
    mine = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", *MAKE_VARIABLES)
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in mine},
        capture_output=True,
        text=True,
        timeout=120,
    )


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def python_after(path: Path, code: str) -> Path:
    """A python3 that runs `code` first: this machine's Python, seen as another one."""
    then = f"'{code}; exec(sys.argv[2])'"
    return script(path, f'#!/bin/sh\nexec "{sys.executable}" -c {then} "$@"\n')


@pytest.fixture
def fresh(tmp_path) -> Path:
    """A checkout where nothing is installed, in a path with a space."""
    folder = tmp_path / "a fresh clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "locks", folder / "locks")
    return folder


@pytest.fixture
def installed(fresh) -> Path:
    """The same after its first `make`: .venv/bin/python is the Python of these tests."""
    script(fresh / ".venv/bin/python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for stamp in ("tools", "learners", "developers"):  # in the order in which make needs them
        (fresh / ".venv" / stamp).write_text(f"{fresh}\n")
    return fresh


def refusal(run: subprocess.CompletedProcess[str]) -> str:
    """The sentence with which make stopped: the only line on stderr that is not make's own."""
    assert run.returncode != 0
    lines = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1 and lines[0].endswith("."), run.stderr
    return lines[0]


def test_make_alone_names_every_target(fresh):
    alone = make(fresh)
    assert alone.returncode == 0
    assert set(TARGETS) - {"help"} <= set(re.findall(r"^make ([\w-]+)", alone.stdout, re.M))
    assert make(fresh, "help").stdout == alone.stdout


def test_an_unknown_target_is_answered_with_the_targets(fresh):
    said = refusal(make(fresh, "labs"))
    assert "'labs'" in said and " ".join(TARGETS) in said


def test_an_old_python_is_answered_with_what_to_do(fresh):
    old = python_after(fresh / "old/python3", "import sys; sys.version_info = (3, 9, 2)")
    said = refusal(make(fresh, "lab", f"PYTHON={old}"))
    assert all(part in said for part in ("3.11", "3.9", "PYTHON="))
    assert not (fresh / ".venv").exists()


def test_a_python_that_is_not_there_is_answered_with_what_to_do(fresh):
    said = refusal(make(fresh, "lab", "PYTHON=python3.99"))
    assert "python3.99" in said and "PYTHON=" in said


def test_a_python_without_venv_is_answered_with_the_package_to_install(fresh):
    bare = python_after(fresh / "bare/python3", 'import sys; sys.modules["ensurepip"] = None')
    said = refusal(make(fresh, "lab", f"PYTHON={bare}"))
    assert "apt-get install python3-venv" in said
    assert not (fresh / ".venv").exists()


def test_an_occupied_port_is_one_sentence(installed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = refusal(make(installed, "lab", f"PORT={port}", "ARGS=--no-browser"))
    assert str(port) in said and "PORT=" in said


def test_make_lab_passes_port_and_arguments_on(installed):
    run = make(installed, "--dry-run", "lab", "PORT=8899", "ARGS=--no-browser")
    assert run.stdout == ".venv/bin/python -m patternlab lab --port 8899 --no-browser\n"
    assert "--port" not in make(installed, "--dry-run", "lab").stdout


def test_a_second_call_installs_nothing(installed):
    assert "uv" not in make(installed, "--dry-run", "test").stdout


def touch(path: Path) -> None:
    """Change `path` after every stamp."""
    later = time.time() + 10
    os.utime(path, (later, later))


def installs(folder: Path, target: str) -> list[str]:
    """The locks that `make target` would install, in this order; "the course" for the project."""
    said = make(folder, "--dry-run", target).stdout
    found = re.findall(r"--requirement locks/(\w+)\.lock|--editable", said)
    return [lock or "the course" for lock in found]


@pytest.mark.parametrize(
    "changed, lab, test",
    [
        ("locks/tools.lock", ["tools", "learners", "the course"], ["developers"]),
        ("locks/learners.lock", ["learners", "the course"], ["developers"]),
        ("pyproject.toml", ["learners", "the course"], ["developers"]),
        ("locks/developers.lock", [], ["developers"]),
    ],
)
def test_a_changed_lock_is_installed_and_what_stands_on_it(installed, changed, lab, test):
    touch(installed / changed)
    assert installs(installed, "lab") == lab
    assert installs(installed, "test") == lab + test


def test_a_learner_gets_no_lock_of_the_developers(fresh):
    assert installs(fresh, "lab") == ["tools", "learners", "the course"]
    assert installs(fresh, "test") == ["tools", "learners", "the course", "developers"]


def test_everything_is_installed_with_hashes(fresh):
    commands = [
        line
        for line in make(fresh, "--dry-run", "test").stdout.splitlines()
        if "pip install" in line
    ]
    for command in commands:
        with_hashes = "--require-hashes" in command
        assert with_hashes or {"--no-deps", "--no-build-isolation"} <= set(command.split())
    assert len(commands) == 4


def test_a_moved_folder_is_installed_again(installed):
    moved = installed.rename(installed.with_name("moved"))
    assert installs(moved, "lab") == ["learners", "the course"]


def tracked() -> list[Path]:
    """The files under version control."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so which files are tracked is not known")
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_package_host_or_a_folder_of_one_machine():
    # Put together here, so that this file does not hold them.
    hosts = ["pypi" + ".org", "python" + "hosted", "anaconda" + ".org", "npmjs" + "."]
    folders = [rf"(?<![\w.])/{name}/" for name in ("root", "work")]
    forbidden = re.compile("|".join([*map(re.escape, hosts), *folders]))
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if (match := forbidden.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_the_readme_names_the_two_commands_and_ci_runs_the_second():
    commands = re.findall(r"^(make \w+)", README, re.M)
    assert commands[:2] == ["make lab", "make test"]
    ci = (ROOT / ".ci" / "run").read_text()
    assert ci.splitlines()[0] == "#!/usr/bin/env bash"
    assert re.findall(r"^make ([\w-]+)", ci, re.M) == ["types", "test", "test-deep"]
    assert "PATTERNLAB_REQUIRE_BROWSER=1" in ci


def test_every_file_and_folder_the_readme_names_exists():
    named = re.findall(r"`([\w./-]+/|[\w-]+\.(?:md|yml|toml|lock))`", README)
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_between_the_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
