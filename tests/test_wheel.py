"""The wheel: it carries the data and the lessons, and works where there is no checkout."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from patternlab.paths import DATA, ROOT, books


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """What an installation of the wheel puts into site-packages, in a folder of its own."""
    folder = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture
def run(installed, tmp_path):
    """Run a command line of Python where only the installed package is, not the checkout."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_the_wheel_carries_every_table_and_every_lesson(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = [*books(), ROOT / "labs/README.md", *(p for p in DATA.rglob("*") if p.is_file())]
    course = {f"patternlab/course/{path.relative_to(ROOT).as_posix()}" for path in wanted}
    assert {name for name in names if name.startswith("patternlab/course/")} == course


def test_the_lessons_in_the_wheel_have_no_outputs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        lessons = [name for name in archive.namelist() if name.endswith(".ipynb")]
        for name in lessons:
            cells = json.loads(archive.read(name))["cells"]
            assert not any(cell.get("outputs") for cell in cells), name
    assert len(lessons) == len(books())


def test_the_package_has_a_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "patternlab = patternlab.cli:main" in archive.read(entry).decode()


def test_a_checkout_that_is_installed_in_place_packs_no_course(tmp_path):
    code = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    command = [sys.executable, "-c", code, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = tmp_path.glob("*.whl")
    assert not [name for name in zipfile.ZipFile(built).namelist() if "course" in name]


def test_a_cloud_the_facts_and_an_exercise_work_without_a_checkout(run, installed):
    code = """
import patternlab
from patternlab import facts, open_cloud
from patternlab.learn import check
cloud = open_cloud()
queue = cloud.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
cloud.close()
answer = check("how-they-travel", {"80 TB": "hosted 10G", "3 PB": "hosted 25G"})
print(patternlab.__file__, queue, len(facts.read("transfer")), type(answer).__name__, sep="|")
"""
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    file, queue, rows, answer = done.stdout.splitlines()[-1].split("|")
    assert file.startswith(str(installed)) and queue.endswith("/orders")
    assert int(rows) > 10 and answer == "Feedback"


def test_the_command_line_copies_the_lessons_and_tells_the_cost(run, tmp_path):
    done = run("-m", "patternlab", "start", "mine")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine/notebooks/00-start-here.ipynb").exists()
    assert run("-m", "patternlab", "cost").returncode == 0


@pytest.mark.parametrize(
    "line",
    ["notebooks", "lab", "api", "conformance", "policies", "new notebook toy", "dev check 01"],
)
def test_what_needs_a_checkout_says_so_in_one_sentence(run, line):
    done = run("-m", "patternlab", *line.split())
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and f"patternlab {line.split()[0]}" in done.stderr


@pytest.mark.deep
def test_a_notebook_runs_in_a_new_environment_from_the_git_address(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so it has no address")
    python = str(tmp_path / "new/bin/python")
    notebook = tmp_path / "mine/notebooks/01-sqs-lambda-dlq.ipynb"
    # Named, because `python -m uv` takes the environment of its own Python otherwise.
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    for command in (
        [sys.executable, "-m", "uv", "venv", "--quiet", str(tmp_path / "new")],
        [*install, "--require-hashes", "-r", str(ROOT / "locks/tools.lock")],
        [*install, "--require-hashes", "-r", str(ROOT / "locks/learners.lock")],
        [*install, "--no-deps", "--no-build-isolation", f"git+{ROOT.as_uri()}"],
        [python, "-m", "patternlab", "start", str(tmp_path / "mine")],
        [python, "-m", "patternlab", "notebooks", str(notebook)],
        [python, "-m", "patternlab", "doctor"],
    ):
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert any(cell.get("outputs") for cell in cells)
