"""A program ends with its owner, takes its folder with it, and leaves its output readable."""

import subprocess
import time

from patternlab.owner import end, with_its_owner


def start(command, folder, **options):
    return subprocess.Popen(
        with_its_owner(command, folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        **options,
    )


def waited_for(gone, seconds=15):
    latest = time.monotonic() + seconds
    while not gone():
        if time.monotonic() > latest:
            return False
        time.sleep(0.02)
    return True


def test_it_ends_when_its_standard_input_does_and_its_folder_goes(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    process = start(["sleep", "600"], folder)
    assert process.poll() is None
    process.stdin.close()
    assert waited_for(lambda: process.poll() is not None)
    assert waited_for(lambda: not folder.exists())
    process.stdout.close()


def test_its_output_ends_with_it_though_the_watcher_still_lives(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    process = start(["echo", "done"], folder)
    assert process.stdout.read() == b"done\n"  # returns only at the end of the stream
    process.wait()
    assert folder.exists()
    end(process, folder)
    end(process, folder)
    assert not folder.exists()
    process.stdout.close()


def test_a_program_that_does_not_listen_is_killed(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    process = start(["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], folder)
    assert process.stdout.readline() == b"up\n"
    end(process, folder, patience=0.1)
    assert process.returncode == -9 and not folder.exists()
    process.stdout.close()


def test_the_program_finds_no_input(tmp_path):
    process = start(["cat"], tmp_path / "own")
    assert process.stdout.read() == b""
    process.wait()
    end(process, tmp_path / "own")
    process.stdout.close()
