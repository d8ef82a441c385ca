"""Ask the judge, which runs in a process of its own.

AWS's package keeps caches and settings for a whole process, takes long to import, and needs moto in
place of AWS. So it is never imported here. The judge's process starts with the first question (one
to three seconds) and stays: a further file takes about half a second. It reads from a pipe that
only this process holds, and ends with it.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.hpc.parallelcluster.created import Cluster
from patternlab.hpc.parallelcluster.findings import Finding, Judgement
from patternlab.hpc.parallelcluster.site import Site

PATIENCE = 60.0  # seconds for one file, the start of the process included
ABSENT = (
    "AWS's validators are not installed here: run pip install 'aws-parallelcluster>=3.16,<3.17' "
    "(the extra parallelcluster), then restart the kernel."
)
_SOURCE = Path(__file__).resolve().parents[3]
_NO_IMAGES = Path(__file__).with_name("judging") / "no_images.json"
_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL")


def judge(text: str, site: Site | None = None) -> Judgement:
    """Judge a cluster file by AWS's schema and validators.

    Args:
        text: the file itself, in YAML.
        site: which subnets there are. Without it everything that the file names is assumed to
            exist: the head node's subnet public, the others private, in zones that offer the types.

    Raises:
        HPCError: the extra is not installed, or its process cannot run.
        TypeError: `text` is not text.
    """
    if not isinstance(text, str):
        raise TypeError(f"A cluster file is text in YAML, not {type(text).__name__}.")
    return _judged(text, site)


@lru_cache(maxsize=64)
def _judged(text: str, site: Site | None) -> Judgement:
    """The same file gets the same judgement, so it is asked for once."""
    if find_spec("pcluster") is None:
        raise HPCError(ABSENT)
    answer = _JUDGE.ask({"text": text, "site": asdict(site) if site else None})
    cluster = answer["cluster"]
    return Judgement(
        tuple(Finding(**finding) for finding in answer["findings"]),
        Cluster.from_plain(cluster) if cluster else None,
        tuple(answer["assumed"]),
    )


class _Judge:
    """The other process, started when it is first asked and again if it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._asked = 0

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Its answer to one question, a line of JSON each.

        An interrupt while waiting leaves the process at work; the next call skips its answer.
        """
        with self._lock:
            if self._process is None:
                self._process = _started()
            self._asked += 1
            answer, late = self._exchange(question | {"number": self._asked})
            if answer is None:
                self._end()
                raise HPCError(_no_answer(late))
        if "failed" in answer:
            raise HPCError(f"The judge of cluster files failed: {answer['failed']}")
        return answer

    def _exchange(self, question: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
        """The answer, None if the process has ended; and whether it was ended for being late."""
        process, late = self._process, threading.Event()
        assert process and process.stdin and process.stdout  # `ask` has started it, with pipes

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(PATIENCE, end)
        timer.start()
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            for line in iter(process.stdout.readline, ""):
                with suppress(ValueError):  # half a line, after an interrupt
                    answer = json.loads(line)
                    if answer["number"] == question["number"]:
                        return answer, False
        except BrokenPipeError:
            pass
        finally:
            timer.cancel()
        return None, late.is_set()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._end()


def _started() -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "patternlab.hpc.parallelcluster.judging"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=_environment(),
            start_new_session=True,  # Jupyter's Interrupt is for the kernel
        )
    except OSError as error:
        raise HPCError(f"The judge of cluster files cannot be started: {error}.") from None


def _no_answer(late: bool) -> str:
    if late:
        return (
            f"The judge of cluster files did not answer within {PATIENCE:g} s. Try again when the "
            "machine has less to do."
        )
    return (
        "The judge of cluster files ended before it answered. Try again; if it ends again, install "
        "aws-parallelcluster anew."
    )


def _environment() -> dict[str, str]:
    """Nothing of the learner's AWS settings, and no chance in the order of sets."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(_SOURCE), *filter(None, sys.path)]),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "MOTO_AMIS_PATH": str(_NO_IMAGES),  # moto's own 500 images take longer than all the rest
    }


_JUDGE = _Judge()
atexit.register(_JUDGE.close)
