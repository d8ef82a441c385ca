"""The ping-pong as a zip: the same bytes each time, and enough to run alone."""

import base64
import io
import subprocess
import sys
import zipfile

from patternlab.hpc.cluster.nodes import LONGEST_SCRIPT
from patternlab.hpc.cluster.program import MODULE, packed


def test_the_same_sources_give_the_same_text():
    packed.cache_clear()
    first = packed()
    packed.cache_clear()
    assert packed() == first and "\n" not in first


def test_it_is_small_enough_to_travel_in_a_script():
    assert len(packed()) < LONGEST_SCRIPT / 2


def test_it_holds_the_package_and_nothing_else_of_the_course():
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed()))) as archive:
        names = archive.namelist()
        assert not archive.read("patternlab/__init__.py")
    assert "patternlab/hpc/pingpong/__main__.py" in names
    assert all(name.startswith("patternlab/hpc/pingpong/") for name in names if name.count("/") > 2)
    assert [name for name in names if name.count("/") <= 2] == [
        "patternlab/__init__.py",
        "patternlab/hpc/__init__.py",
    ]


def test_python_runs_it_from_the_zip_without_the_course(tmp_path):
    program = tmp_path / "pingpong.zip"
    program.write_bytes(base64.b64decode(packed()))
    command = [sys.executable, "-S", "-m", MODULE, "--help"]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(program)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and "--expect" in done.stdout, done.stderr
