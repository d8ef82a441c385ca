"""Asks the judge, who works in a process of his own.

AWS's package keeps caches and settings for a whole process, takes a second to import, and must find
moto where AWS would be. So it never comes into the caller's process. Starting the other one takes
about two seconds, whatever the number of files: give several to `judge_all`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from patternlab.hpc.errors import HPCError
from patternlab.hpc.parallelcluster.created import Cluster
from patternlab.hpc.parallelcluster.findings import Finding, Judgement
from patternlab.hpc.parallelcluster.site import Site

PATIENCE = 60.0  # seconds for all files together; an idle laptop takes about two
ABSENT = (
    "AWS's validators are not installed here: run pip install 'aws-parallelcluster>=3.16,<4' (the "
    "extra parallelcluster), then restart the kernel."
)
_SOURCE = Path(__file__).resolve().parents[3]
_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL")


def judge(text: str, site: Site | None = None) -> Judgement:
    """What AWS's schema and validators say of a cluster file.

    Args:
        text: the file itself, in YAML.
        site: which subnets there are. Without it all that the file names is taken to be there: the
            head node's subnet public, the others private, in zones that offer the types.

    Raises:
        HPCError: the extra is not installed, or its process cannot run.
        TypeError: `text` is no text.
    """
    return judge_all([text], site)[0]


def judge_all(texts: Sequence[str], site: Site | None = None) -> list[Judgement]:
    """The same for several files in one process."""
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"A cluster file is text in YAML, not {type(text).__name__}.")
    return list(_judged(tuple(texts), site))


@lru_cache(maxsize=64)
def _judged(texts: tuple[str, ...], site: Site | None) -> tuple[Judgement, ...]:
    """The same file gets the same judgement, so it is asked for once."""
    if find_spec("pcluster") is None:
        raise HPCError(ABSENT)
    asked = {"texts": texts, "site": asdict(site) if site else None}
    return tuple(_decoded(answer) for answer in json.loads(_run(json.dumps(asked))))


def _run(asked: str) -> str:
    command = [sys.executable, "-m", "patternlab.hpc.parallelcluster.judging"]
    try:
        done = subprocess.run(
            command,
            input=asked,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise HPCError(
            f"The judge of cluster files did not answer within {PATIENCE:g} s. Try again when the "
            "machine has less to do."
        ) from None
    except OSError as error:
        raise HPCError(f"The judge of cluster files cannot be started: {error}.") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise HPCError(f"The judge of cluster files ended before it answered. It said: {last}")
    return done.stdout


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
    }


def _decoded(answer: dict) -> Judgement:
    cluster = answer["cluster"]
    return Judgement(
        tuple(Finding(**finding) for finding in answer["findings"]),
        Cluster.from_plain(cluster) if cluster else None,
        tuple(answer["assumed"]),
    )
