"""The command line: what it starts, and its one sentence when it cannot."""

import socket
import sys

import nbformat
import pytest

from patternlab import cli, machine
from patternlab.paths import ROOT


@pytest.fixture
def lab(monkeypatch):
    """JupyterLab's command line as it would be started, instead of a server that never ends."""
    from jupyterlab.labapp import LabApp

    started = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda argv: started.append(argv))
    return started


def one_sentence(capsys) -> str:
    captured = capsys.readouterr()
    assert captured.out == "" and "Traceback" not in captured.err
    assert captured.err.count("\n") == 1 and captured.err.endswith(".\n")
    return captured.err


def test_lab_listens_on_this_machine_only_and_takes_a_free_port(lab):
    assert cli.main(["lab"]) == 0
    (argv,) = lab
    assert "--ServerApp.ip=127.0.0.1" in argv
    assert not [a for a in argv if "port" in a], "JupyterLab itself looks for a free port"
    assert f"--ServerApp.root_dir={ROOT}" in argv


def test_lab_takes_the_port_it_is_told_or_none(lab):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert cli.main(["lab", "--port", str(port)]) == 0
    assert {f"--ServerApp.port={port}", "--ServerApp.port_retries=0"} <= set(lab[0])


def test_lab_hands_other_arguments_to_jupyterlab(lab):
    assert cli.main(["lab", "--no-browser", "--IdentityProvider.token=x"]) == 0
    assert lab[0][-2:] == ["--no-browser", "--IdentityProvider.token=x"]


def test_lab_opens_the_first_notebook_where_there_is_one(lab, tmp_path):
    cli.main(["lab", "--folder", str(tmp_path)])
    assert "--LabApp.default_url=/lab" in lab[0]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / cli.FIRST).touch()
    cli.main(["lab", "--folder", str(tmp_path)])
    assert f"--LabApp.default_url=/lab/tree/{cli.FIRST}" in lab[1]


def test_an_occupied_port_is_one_sentence(lab, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert cli.main(["lab", "--port", str(port)]) == 1
    assert str(port) in one_sentence(capsys)
    assert lab == []


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "²"])
def test_a_port_that_is_none_is_refused(lab, capsys, port):
    with pytest.raises(SystemExit):
        cli.main(["lab", f"--port={port}"])
    assert f"'{port}'" in capsys.readouterr().err
    assert lab == []


def test_a_missing_folder_is_one_sentence(lab, capsys, tmp_path):
    assert cli.main(["lab", "--folder", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in one_sentence(capsys)


def test_notebooks_runs_them_in_order_and_stops_at_the_first_that_fails(tmp_path, capsys):
    good, bad, never = (tmp_path / f"{name}.ipynb" for name in ("good", "bad", "never"))
    for path, code in [(good, "1 + 1"), (bad, "1 / 0"), (never, "2 + 2")]:
        cell = nbformat.v4.new_code_cell(code, id="only")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    before = bad.read_bytes(), never.read_bytes()
    assert cli.main(["notebooks", str(good), str(bad), str(never)]) == 1
    captured = capsys.readouterr()
    assert captured.out == "good.ipynb ...\nbad.ipynb ...\n"
    assert "bad.ipynb" in captured.err and "ZeroDivisionError" in captured.err
    assert nbformat.read(good, 4).cells[0].outputs[0].data["text/plain"] == "2"
    assert (bad.read_bytes(), never.read_bytes()) == before


def test_no_notebooks_at_all_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(cli, "books", list)
    assert cli.main(["notebooks"]) == 1
    assert str(ROOT) in one_sentence(capsys)


def test_doctor_prints_a_line_each_and_fails_with_what_to_do(monkeypatch, capsys):
    good = machine.Finding("Python", "3.11.7", True, "never shown")
    bad = machine.Finding("moto", "4.0", False, "run `make clean lab`")
    monkeypatch.setattr(machine, "check", lambda: [good])
    assert cli.main(["doctor"]) == 0
    monkeypatch.setattr(machine, "check", lambda: [good, bad])
    assert cli.main(["doctor"]) == 1
    *_, python, moto = capsys.readouterr().out.splitlines()
    assert python.split() == ["Python", "3.11.7", "ok"]
    assert moto.endswith("WRONG: run `make clean lab`")


def test_the_old_name_of_doctor_is_answered_with_the_new_one(capsys):
    assert cli.main(["check"]) == 1
    assert "patternlab doctor" in one_sentence(capsys)


def test_start_says_where_the_copy_is_and_how_to_open_it(capsys, tmp_path):
    folder = tmp_path / "my copy"
    assert cli.main(["start", str(folder)]) == 0
    assert f"lab --folder '{folder}'" in capsys.readouterr().out
    assert (folder / cli.FIRST).exists()


def test_a_folder_that_cannot_take_the_copy_is_one_sentence(capsys, tmp_path):
    (tmp_path / "notes.txt").touch()
    assert cli.main(["start", str(tmp_path)]) == 1
    assert str(tmp_path) in one_sentence(capsys)


def test_dev_check_without_the_developers_packages_says_what_installs_them(monkeypatch, capsys):
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    assert cli.main(["dev", "check", "01"]) == 1
    assert "make lint" in one_sentence(capsys)


def test_an_unknown_argument_is_refused_where_nothing_takes_it(capsys):
    with pytest.raises(SystemExit):
        cli.main(["doctor", "--fast"])
    assert "--fast" in capsys.readouterr().err


def test_the_module_is_the_command(monkeypatch, capsys):
    import runpy

    monkeypatch.setattr(sys, "argv", ["patternlab", "--help"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("patternlab", run_name="__main__")
    assert stopped.value.code == 0
    assert "lab" in capsys.readouterr().out
